import { existsSync } from 'node:fs';

import type { Call } from '../host/call';
import { appBuilds, recordPath } from '../host/dokku/paths';
import { asAppName, asBuildId } from '../host/dokku/names';
import { reasonOf } from '../host/failure';
import { asRevision } from '../host/dokku/revision';
import { addNote, type Note } from '../projections/conclusions/notes';
import { underItsName } from '../subscribers/renamedApps';

/**
 * `post-extract <app> <directory> [<revision>]`: Dokku has unpacked the source, and says which commit is being built.
 */
export function postExtract(call: Call): undefined {
  const revision = asRevision(call.args[2]);
  if (revision !== undefined) note(call, { type: 'revision', revision });
}

/** `post-deploy <app> …`: the new containers run and take the traffic. */
export function postDeploy(call: Call): undefined {
  note(call, { type: 'deployed' });
}

/** A note about the build that Dokku names in the environment, if that is on record. It never fails the deploy. */
function note({ host, args, output }: Call, what: Note): void {
  const named = asAppName(args[0] ?? '');
  const build = asBuildId(host.buildId ?? '');
  if (named === undefined || build === undefined) return;
  try {
    underItsName(host, named, build, (app) => {
      const builds = appBuilds(host, app);
      if (builds.mode === 'owner' && existsSync(recordPath(host, app, build))) addNote(builds.directory, build, what);
    });
  } catch (error) {
    output.warn(`The ${what.type} of build ${build} could not be noted: ${reasonOf(error)}`);
  }
}
