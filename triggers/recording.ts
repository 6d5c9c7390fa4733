import type { Host } from '../host/dokku/environment';
import type { AppName, BuildId } from '../host/dokku/names';
import type { Output } from '../host/terminal/output';
import { makeDirectory } from '../host/system/files';
import { reasonOf } from '../host/failure';
import { type AppBuilds, appBuilds, appRoot } from '../host/dokku/paths';
import { revisionOf } from '../host/dokku/revision';
import { identifyProcess, isAlive } from '../host/system/processes';
import { resolveRetention } from '../host/dokku/properties';
import { type BuildCommand, BuildStartedBefore, UnknownBuild } from '../journal/decide';
import { JournalNotWritten } from '../journal/errors';
import type { Source } from '../journal/events';
import type { Build, History } from '../journal/history';
import { catchUp } from '../projections/records/catchUp';
import { type Handled, handleCommand, handleCommands } from '../journal/handleCommand';
import type { Loaded } from '../journal/loadHistory';
import { reap } from '../projections/records/reap';
import { addRunning, distrustRunning } from '../projections/lists/runningBuilds';
import { settle } from '../projections/records/updateFiles';
import { tellOthers } from '../subscribers/notifySubscribers';

type StartBuild = Extract<BuildCommand, { type: 'StartBuild' }>;

/** Records that build `id` of `app` has begun as process `pid`. Throws `JournalNotWritten` and `BuildStartedBefore`. */
export function recordStart(host: Host, output: Output, app: AppName, id: BuildId, pid: number, source: Source): void {
  const builds = appBuilds(host, app);
  const now = Date.now();
  try {
    makeDirectory(builds.directory);
  } catch (error) {
    throw new JournalNotWritten(builds.directory, reasonOf(error));
  }
  noteRunning(builds, id, output.warn);
  const process = identifyProcess(pid);
  const revision = deployedRevision(host, app, source);
  const command = {
    type: 'StartBuild',
    build: id,
    source,
    process,
    actor: host.caller,
    ...(revision !== undefined && { revision }),
    at: now,
  } as const;
  if (host.alongside) {
    noteStart(builds, output, command, now);
    return;
  }
  const caught = catchUp(builds, now, output.warn);
  const retention = readRetention(host, output, app);
  const dead = retention === undefined ? [] : deadBeyond(caught.history, retention);
  const commands = dead.length === 0 ? [command] : [command, reap(builds.directory, dead, Date.now())];
  const handled = handleCommands(builds.directory, caught, commands, now);
  noteRunning(builds, id, output.warn); // again: an entry without a start is taken for that of a killed trigger after a while
  settle(builds, handled, output.warn, 'few');
  tellOthers(host, builds, handled, output.warn);
}

/** Puts a build into the view of running builds: a shortcut, for want of which no start is lost. */
function noteRunning({ app, buildsRoot }: AppBuilds, id: BuildId, warn: (message: string) => void): void {
  try {
    addRunning(buildsRoot, app, [id]);
  } catch (error) {
    warn(`The view of running builds could not be written: ${reasonOf(error)}`);
    distrustRunning(buildsRoot);
  }
}

/** What these deploy is what the app's repository holds already; with others it is about to change. */
const DEPLOY_WHAT_IS_THERE: ReadonlySet<Source> = new Set(['ps:rebuild', 'ps:restart', 'ps:start', 'config-redeploy']);

function deployedRevision(host: Host, app: AppName, source: Source): string | undefined {
  return host.revision ?? (DEPLOY_WHAT_IS_THERE.has(source) ? revisionOf(appRoot(host, app)) : undefined);
}

/** The stock plugin has written the record already, and a reader may have adopted it before this got here. */
function noteStart(builds: AppBuilds, output: Output, command: StartBuild, now: number): void {
  const caught = catchUp(builds, now, output.warn, command.build);
  try {
    settle(builds, handleCommand(builds.directory, caught, command, now), output.warn);
  } catch (error) {
    if (!(error instanceof BuildStartedBefore)) throw error;
  }
}

/** Times the retention: so many builds whose end nobody recorded are left as they are. */
const DEAD_KEPT = 10;

/**
 * Running builds that nobody will end, since their processes are gone, are left for `builds:prune`; but a timer that leaves one every
 * five minutes on an app that is never pruned must not make its history grow without bound. The oldest ones in excess.
 */
function deadBeyond(history: History, retention: number): readonly Build[] {
  const most = retention * DEAD_KEPT;
  const running = history.builds.filter((build) => build.status === 'running');
  if (running.length <= most) return [];
  const dead = running.filter((build) => !isAlive(build.process));
  return dead.slice(0, Math.max(0, dead.length - most));
}

/**
 * Records that build `id` of `app` has ended with `exitCode`, unless its end is on record already, and applies the retention.
 * Throws `JournalNotWritten` and `UnknownBuild`.
 */
export function recordFinish(host: Host, output: Output, app: AppName, id: BuildId, exitCode: number): void {
  const builds = appBuilds(host, app);
  const now = Date.now();
  const commands: BuildCommand[] = [{ type: 'FinishBuild', build: id, exitCode, at: now }];
  const caught = catchUp(builds, now, output.warn);
  const retention = host.alongside ? undefined : readRetention(host, output, app); // alongside, the stock plugin decides what leaves
  if (retention !== undefined) commands.push({ type: 'PruneBuilds', retention });
  const handled = handleOrTidy(builds, caught, commands, now, output.warn);
  settle(builds, handled, output.warn, 'few');
  tellOthers(host, builds, handled, output.warn);
}

/** Handles commands about a build; when it is not on record, tidies up first what whoever removed it may have left. Throws `UnknownBuild`. */
export function handleOrTidy(
  builds: AppBuilds,
  loaded: Loaded,
  commands: readonly BuildCommand[],
  now: number,
  warn: (message: string) => void,
): Handled {
  try {
    return handleCommands(builds.directory, loaded, commands, now);
  } catch (error) {
    if (error instanceof UnknownBuild && loaded.head.seq > 0) settle(builds, { loaded, added: [] }, warn);
    throw error;
  }
}

/** The retention of `app`; undefined, with a warning, when it cannot be read: then nothing is removed on a guess. */
function readRetention(host: Host, output: Output, app: AppName): number | undefined {
  try {
    return resolveRetention(host, app, output.warn);
  } catch (error) {
    output.warn(`The retention of ${app} cannot be read: ${reasonOf(error)}`);
    return undefined;
  }
}
