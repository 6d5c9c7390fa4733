import { appExists } from '../host/dokku/apps';
import type { Call } from '../host/call';
import { printable } from '../host/failure';
import { appBuilds } from '../host/dokku/paths';
import { asSource } from '../journal/events';
import { waitForEnd } from '../subscribers/afterDeploy/waitForEnd';
import { recordStart } from '../subscribers/recordDeploy';
import { buildArguments, wholeNumberArgument } from './arguments';

/**
 * `builds-record-start <app> <build-id> <pid> <source>`: an unknown source is recorded as `unknown`, with a
 * warning. For an app that does not exist nothing is recorded: such a command deploys nothing, and an app that is
 * created later under that name must not find a build.
 */
export function buildsRecordStart({ host, output, args }: Call): undefined {
  const named = buildArguments(args);
  if (named === undefined) return;
  const pid = wholeNumberArgument('pid', args[2], 1);
  const source = asSource(args[3] ?? '');
  if (source === undefined) output.warn(`Unknown build source "${printable(args[3] ?? '')}", recorded as unknown`);
  if (!appExists(host, named.app)) return;
  waitForEnd(appBuilds(host, named.app), named.build, pid, output.warn);
  recordStart(host, output.warn, named.app, named.build, pid, source ?? 'unknown');
}
