import { existsSync } from 'node:fs';

import type { Call } from '../../host/call';
import { type BuildId, parseAppName, parseBuildId } from '../../host/dokku/names';
import { leftBehindBy } from '../../host/system/processes';
import { findBuild } from '../../journal/history';
import { type AppContext, changeHistory, load } from '../changeHistory';
import { contextOf, tidy } from '../recordDeploy';
import { forgetRenamed, underItsName } from '../renamedApps';
import { waitForEnd } from './waitForEnd';

/**
 * `builds-after-deploy <app> <build-id> <pid>`: what is left to do after the process of a deploy has ended, behind the
 * deploy. If the build has not reported its end, its end is concluded; records of other programs are adopted,
 * leftovers are removed, the retention is applied. If the process has left others behind in its group, waits for one
 * of these first.
 */
export function afterDeploy({ host, output, args }: Call): undefined {
  const id = parseBuildId(args[1] ?? '');
  const isOver = underItsName(host, parseAppName(args[0] ?? ''), id, (app) =>
    conclude(contextOf(host, app, output.warn), id, args[2]),
  );
  if (isOver) forgetRenamed(host, id);
}

/** `pid` is the process that has ended. Returns false if other processes of the build still live. */
function conclude(context: AppContext, id: BuildId, pid: string | undefined): boolean {
  if (!existsSync(context.builds.directory)) return true; // the app was destroyed, and nothing of it comes back
  const build = findBuild(load(context, 'own').history, id);
  if (build?.status === 'running' && context.system.isGroupAlive(build.process)) {
    const next = leftBehindBy(build.process);
    if (next !== undefined && String(next) !== pid) waitForEnd(context.builds, id, next, context.warn);
    // The last one may have ended just now.
    if (next !== undefined || context.system.isGroupAlive(build.process)) return false;
  }
  changeHistory(context, 'all', (history) => tidy(context, history));
  return true;
}
