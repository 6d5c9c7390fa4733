import type { Host } from '../../host/dokku/environment';
import { isDeployLockTaken, removeDeployLock } from '../../host/dokku/locks';
import type { AppName, BuildId } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import { Failure } from '../../host/failure';
import { type CancelSignal, ProcessGone, signalGroup, signalTarget } from '../../host/system/processes';
import type { System } from '../../host/system/system';
import type { Output } from '../../host/terminal/output';
import { type Build, findBuild } from '../../journal/history';
import { concludeBuilds } from '../../projections/conclusions/evidence';
import { addNote, readNotes } from '../../projections/conclusions/notes';
import { type AppContext, changeHistory, load } from '../../subscribers/changeHistory';
import { contextOf } from '../../subscribers/recordDeploy';
import { defineCommand } from '../definition/command';
import { anApp, aSwitch } from '../definition/flags';
import { currentBuildId, NotDeploying } from '../shared/buildArgument';
import { groupOf, planCancel } from './planCancel';

export const cancel = defineCommand({
  description: 'Cancel the running build of an app',
  args: { app: anApp('the app: its build that holds the deploy lock is canceled') },
  flags: { force: aSwitch('if the deploy does not end by SIGQUIT, go on to SIGTERM and SIGKILL') },
  example: 'shop',
  stock: true,
  run: ({ host, output, args: { app }, flags: { force } }) => cancelCurrent(host, output, app, force),
});

/** Cancels the build that holds the deploy lock of `app`. Returns the exit status. Throws {@link Failure}. */
export function cancelCurrent(host: Host, output: Output, app: AppName, force: boolean): number {
  let id: BuildId;
  try {
    id = currentBuildId(host, app);
  } catch (error) {
    if (!(error instanceof NotDeploying)) throw error;
    output.step(error.message);
    return 0;
  }
  return cancelBuild(contextOf(host, app, output.warn), output, id, force);
}

function cancelBuild(context: AppContext, output: Output, id: BuildId, force: boolean): number {
  try {
    return cancelOnce(context, output, id, force);
  } catch (error) {
    if (!(error instanceof ProcessGone)) throw error;
    return cancelOnce(context, output, id, force); // the process ended after the plan was made
  }
}

function cancelOnce(context: AppContext, output: Output, id: BuildId, force: boolean): number {
  const { host, builds, system } = context;
  const canceler = force ? undefined : firstCanceler(builds, id, system);
  const plan = planCancel(findBuild(load(context, 'all').history, id), canceler, system);
  switch (plan.action) {
    case 'remove-stale-lock':
      removeStaleLock(context, id);
      return 0;
    case 'refuse':
      throw new Failure(plan.reason);
    case 'leave':
      // This adds no event. It syncs the end that is reported here, and writes the record, in case the process that
      // recorded the end was killed before it did so.
      changeHistory(context, 'all', () => [{ type: 'CancelBuild', build: id, actor: {}, signal: SIGNALS[0], at: 0 }]);
      sayOver(output, id, plan.build);
      return 0;
    case 'conclude': {
      const { added, loaded } = changeHistory(context, 'all', () => [
        concludeBuilds(host, builds, [plan.build], system),
      ]);
      removeDeployLock(host, builds.app, id);
      const build = findBuild(loaded.history, id);
      if (added.length === 0) sayOver(output, id, build);
      else output.step(`Build was already terminated, marking ${statusOf(build)}`);
      return 0;
    }
    case 'await':
      sayAwaited(output, id, plan.canceler);
      if (endsSoon(plan.build, system)) return cancelOnce(context, output, id, force);
      warnStillRunning(context, plan.build, groupOf(plan.build), force);
      return 1;
    case 'signal':
      return signalBuild(context, output, plan.build, force);
  }
}

/**
 * Signals the process group and waits until it is gone; only then the build is recorded as canceled. A deploy that
 * ends because of the signal may report its end first; because of the note about the cancel, that report becomes a
 * cancel, too. If several cancels run at once, the first one signals, and the others wait.
 */
function signalBuild(context: AppContext, output: Output, build: Build, force: boolean): number {
  const { host, builds, system } = context;
  const { id } = build;
  const group = signalTarget(build.process); // throws before anything is recorded
  const note = (signal: CancelSignal): void =>
    addNote(builds.directory, id, { type: 'cancel', actor: host.caller, signal, by: process.pid });
  note(SIGNALS[0]);
  const canceler = firstCanceler(builds, id, system) ?? process.pid;
  const isFirst = force || canceler === process.pid;
  if (isFirst && !system.isGroupAlive(build.process)) throw goneBeforeSignal(context, build);
  if (isFirst) {
    output.step('Killing app deploy');
    output.flush();
  } else sayAwaited(output, id, canceler);
  const signal = SIGNALS.slice(0, force ? undefined : 1).find((one, n) => {
    if (n > 0) note(one);
    const isGone = isFirst && send(build, group, one) === 'gone';
    if (isGone && n === 0) throw goneBeforeSignal(context, build);
    return isGone || endsSoon(build, system);
  });
  if (signal === undefined) {
    addNote(builds.directory, id, { type: 'cancel-failed' });
    warnStillRunning(context, build, group, force);
    return 1;
  }
  const cancelCommand = { type: 'CancelBuild', build: id, actor: host.caller, signal, at: system.now() } as const;
  const { loaded } = changeHistory(context, 'all', (history) => (findBuild(history, id) ? [cancelCommand] : []));
  removeDeployLock(host, builds.app, id);
  const ended = findBuild(loaded.history, id);
  if (isFirst && ended?.status === 'canceled')
    output.note(`Build ${id} canceled, ${signal} sent to process group ${group}`);
  else sayOver(output, id, ended);
  return 0;
}

/**
 * Returns the error for a process that ended before this cancel sent a signal. If no other cancel has sent one, the
 * build was not canceled: the note of this cancel is taken back.
 */
function goneBeforeSignal({ builds: { directory } }: AppContext, { id, process: { pid } }: Build): ProcessGone {
  const { cancelers } = readNotes(directory, id);
  if (cancelers.every((canceler) => canceler === process.pid)) addNote(directory, id, { type: 'cancel-failed' });
  return new ProcessGone(pid);
}

/** The usual signal, which Dokku sends, and those that follow with `--force`. */
const SIGNALS = ['SIGQUIT', 'SIGTERM', 'SIGKILL'] as const satisfies CancelSignal[];

/** The pid of the first cancel of this build that still runs. */
function firstCanceler({ directory }: AppBuilds, id: BuildId, { isAlive }: System): number | undefined {
  return readNotes(directory, id).cancelers.find((pid) => isAlive({ pid }));
}

function send({ process: { pid } }: Build, group: number, signal: CancelSignal): 'sent' | 'gone' {
  try {
    signalGroup(pid, group, signal);
    return 'sent';
  } catch (error) {
    if (error instanceof ProcessGone) return 'gone';
    throw error;
  }
}

function warnStillRunning({ builds, warn }: AppContext, { id }: Build, group: number, force: boolean): void {
  const tried = force ? SIGNALS.join(', ') : SIGNALS[0];
  warn(`Build ${id} is still running: process group ${group} did not end within ${WAIT_MS / 1000}s of ${tried}`);
  if (!force) warn(`Its record and its lock stay. To end it by force: dokku builds:cancel ${builds.app} --force`);
}

const WAIT_MS = 5000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/** Waits a while, and returns whether all processes of the group have ended. */
function endsSoon(build: Build, system: System): boolean {
  const deadline = system.now() + WAIT_MS;
  for (let wait = FIRST_PAUSE_MS; system.isGroupAlive(build.process); wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
    if (system.now() > deadline) return false;
    system.pause(wait);
  }
  return true;
}

function sayAwaited(output: Output, id: BuildId, canceler: number): void {
  output.step(`Build ${id} is being canceled by process ${canceler}, waiting for its end`);
  output.flush();
}

function sayOver(output: Output, id: BuildId, build: Build | undefined): void {
  output.step(`Build ${id} is no longer running (status=${statusOf(build)}); leaving record untouched`);
}

/** Of a build that has ended. It is not in the history any more if it was a sync that found nothing to build. */
function statusOf(build: Build | undefined): Build['status'] | 'discarded' {
  return build?.status ?? 'discarded';
}

/**
 * Removes the lock, which names a build without a record, unless a process holds it: then the start is about to be
 * recorded.
 */
function removeStaleLock({ host, builds: { app }, warn }: AppContext, id: BuildId): void {
  if (isDeployLockTaken(host, app)) {
    throw new Failure(`No build record found for ${app}/${id} yet, and its deploy holds the lock; try again`);
  }
  warn(`No build record found for ${app}/${id}, removing the stale lock`);
  removeDeployLock(host, app, id);
}
