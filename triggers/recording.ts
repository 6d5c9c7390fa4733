import type { Host } from '../host/environment';
import type { AppName, BuildId } from '../host/names';
import type { Output } from '../host/output';
import { makeDirectory } from '../host/files';
import { reasonOf } from '../host/failure';
import { appBuilds } from '../host/paths';
import { identifyProcess } from '../host/processes';
import { resolveRetention } from '../host/properties';
import { JournalNotWritten } from '../journal/errors';
import type { Source } from '../journal/events';
import { catchUp } from '../projections/catchUp';
import { handleCommand } from '../projections/handleCommand';
import { addRunning } from '../projections/runningView';
import { settle } from '../projections/settle';

/** Records that build `id` of `app` has begun as process `pid`. Throws `JournalNotWritten` and `BuildStartedBefore`. */
export function recordStart(host: Host, output: Output, app: AppName, id: BuildId, pid: number, source: Source): void {
  const builds = appBuilds(host, app);
  const now = Date.now();
  try {
    makeDirectory(builds.directory);
    addRunning(builds.buildsRoot, { app, build: id });
  } catch (error) {
    throw new JournalNotWritten(builds.directory, reasonOf(error));
  }
  const process = identifyProcess(pid);
  const command = { type: 'StartBuild', build: id, source, process, actor: host.caller, at: now } as const;
  const handled = handleCommand(builds.directory, catchUp(builds, now, output.warn), command, now);
  settle(builds, handled, output.warn);
}

/**
 * Records that build `id` of `app` has ended with `exitCode`, unless its end is on record already, and applies the retention.
 * Throws `JournalNotWritten` and `UnknownBuild`.
 */
export function recordFinish(host: Host, output: Output, app: AppName, id: BuildId, exitCode: number): void {
  const builds = appBuilds(host, app);
  const now = Date.now();
  const command = { type: 'FinishBuild', build: id, exitCode, at: now } as const;
  const finished = handleCommand(builds.directory, catchUp(builds, now, output.warn), command, now);
  const retention = resolveRetention(host, app, output.warn);
  const pruned = handleCommand(builds.directory, finished.loaded, { type: 'PruneBuilds', retention }, now);
  settle(builds, { loaded: pruned.loaded, added: [...finished.added, ...pruned.added] }, output.warn);
}
