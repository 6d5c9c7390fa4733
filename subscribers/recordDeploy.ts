import { readDeployCommand } from '../host/dokku/deployCommand';
import type { Host } from '../host/dokku/environment';
import type { AppName, BuildId } from '../host/dokku/names';
import { type AppBuilds, appBuilds, appRoot } from '../host/dokku/paths';
import { type Retention, resolveRetention } from '../host/dokku/retention';
import { revisionOf } from '../host/dokku/revision';
import { reasonOf, type Warn } from '../host/failure';
import { makeDurableDirectory } from '../host/files/durable';
import { commandLineOf, identifyProcess } from '../host/system/processes';
import { thisSystem } from '../host/system/system';
import { type BuildCommand, BuildStartedBefore, UnknownBuild } from '../journal/commands';
import { JournalNotWritten } from '../journal/errors';
import type { Actor, Source } from '../journal/events';
import { findBuild, type History } from '../journal/history';
import { concludeEnded } from '../projections/conclusions/evidence';
import { readNotes } from '../projections/conclusions/notes';
import { readRecordFile } from '../projections/records/recordFiles';
import { addRunning, distrustRunning } from '../projections/lists/runningBuilds';
import { type AppContext, changeHistory } from './changeHistory';
import { underItsName } from './renamedApps';

/** A change of the history of `app` on this machine. Throws `Failure` if the app's data directory is a link. */
export function contextOf(host: Host, app: AppName, warn: Warn): AppContext {
  return { host, builds: appBuilds(host, app), system: thisSystem, warn };
}

/**
 * Records that build `id` of `app` has begun as process `pid`. Throws `JournalNotWritten` and `BuildStartedBefore`.
 */
export function recordStart(host: Host, warn: Warn, app: AppName, id: BuildId, pid: number, source: Source): void {
  const context = contextOf(host, app, warn);
  const { builds } = context;
  prepareDirectory(builds);
  showRunning(builds, id, warn);
  const deploy = readDeployCommand(commandLineOf(pid));
  const actor: Actor = { ...(deploy.command && { command: deploy.command }), ...host.caller };
  const revision = deploy.revision ?? host.revision ?? deployedRevision(host, app, source);
  const process = identifyProcess(pid);
  const known = revision === undefined ? {} : { revision };
  const command: BuildCommand = { type: 'StartBuild', build: id, source, process, actor, ...known, at: Date.now() };
  try {
    changeHistory(context, 'own', () => [command]);
  } catch (error) {
    // Alongside, a reader may have adopted the record before.
    if (!(error instanceof BuildStartedBefore && builds.mode === 'alongside')) throw error;
  }
}

function prepareDirectory({ directory }: AppBuilds): void {
  try {
    makeDurableDirectory(directory);
  } catch (error) {
    throw new JournalNotWritten(directory, reasonOf(error));
  }
}

/**
 * Puts a build into the view of running builds, before its start is appended. After a failure the start is recorded
 * all the same, and later readers take longer.
 */
function showRunning({ app, buildsRoot }: AppBuilds, id: BuildId, warn: Warn): void {
  try {
    addRunning(buildsRoot, app, [id]);
  } catch (error) {
    warn(`The view of running builds could not be written: ${reasonOf(error)}`);
    distrustRunning(buildsRoot);
  }
}

/** Deploys of these sources use the commit that the app's repository holds already; others are about to change it. */
const DEPLOY_WHAT_IS_THERE: ReadonlySet<Source> = new Set(['ps:rebuild', 'ps:restart', 'ps:start', 'config-redeploy']);

function deployedRevision(host: Host, app: AppName, source: Source): string | undefined {
  return DEPLOY_WHAT_IS_THERE.has(source) ? revisionOf(appRoot(host, app)) : undefined;
}

/**
 * Records that build `id` of `app` has ended with `exitCode`. Then, every time, concludes the app's other builds whose
 * processes are gone, and applies the retention. Throws `JournalNotWritten` and `UnknownBuild`.
 */
export function recordFinish(host: Host, warn: Warn, app: AppName, id: BuildId, exitCode: number): void {
  underItsName(host, app, id, (name) => {
    finishIn(contextOf(host, name, warn), id, exitCode);
  });
}

function finishIn(context: AppContext, id: BuildId, exitCode: number): void {
  let unknown: UnknownBuild | undefined;
  const finish = (history: History): BuildCommand[] => {
    unknown = findBuild(history, id) === undefined ? new UnknownBuild(id) : undefined;
    return [...(unknown === undefined ? [endOf(context.builds, id, exitCode)] : []), ...tidy(context, history)];
  };
  changeHistory(context, 'own', finish);
  // Something else may have written its record, and nobody has adopted it yet.
  if (unknown !== undefined) changeHistory(context, 'all', finish);
  if (unknown !== undefined) throw unknown;
}

/** Alongside, the stock plugin has decided before how the build ended, and its record says so. */
function endOf(builds: AppBuilds, id: BuildId, exitCode: number): BuildCommand {
  const record = builds.mode === 'alongside' ? readRecordFile(builds.directory, id) : undefined;
  if (typeof record === 'object' && record.ended !== undefined) return { type: 'AdoptBuilds', records: [record] };
  return finishOf(builds, id, exitCode);
}

/** A deploy that dies of a cancel's signal may report its end first: then the report says that it was canceled. */
function finishOf({ directory }: AppBuilds, build: BuildId, exitCode: number): BuildCommand {
  const { deployed, cancel, revision } = readNotes(directory, build);
  const known = revision === undefined ? {} : { revision };
  if (cancel !== undefined && !(deployed && exitCode === 0)) {
    return { type: 'CancelBuild', build, ...cancel, ...known, at: Date.now() };
  }
  return { type: 'FinishBuild', build, exitCode, ...known, at: Date.now() };
}

/**
 * What `builds:prune` does: concludes dead builds and applies the retention. Alongside, that is the stock plugin's
 * business.
 */
export function tidy({ host, builds, system, warn }: AppContext, history: History): BuildCommand[] {
  if (builds.mode !== 'owner') return [];
  const retention = readRetention(host, builds.app, warn);
  const conclude = concludeEnded(host, builds, history, system);
  if (retention === undefined) return [conclude];
  return [conclude, { type: 'PruneBuilds', retention, at: system.now() }];
}

/** Undefined, with a warning, if it cannot be read: then nothing is removed on a guess. */
function readRetention(host: Host, app: AppName, warn: Warn): Retention | undefined {
  try {
    return resolveRetention(host, app, warn);
  } catch (error) {
    warn(`The retention of ${app} cannot be read: ${reasonOf(error)}`);
    return undefined;
  }
}
