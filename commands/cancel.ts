import { parseTimestamp } from '../host/durations';
import type { Host } from '../host/dokku/environment';
import { Failure } from '../host/failure';
import { isDeployLockTaken, readDeployLock, removeDeployLock } from '../host/dokku/locks';
import type { AppName, BuildId } from '../host/dokku/names';
import type { Output } from '../host/terminal/output';
import { appBuilds } from '../host/dokku/paths';
import { isAlive, ProcessGone, signalProcessGroup, signalTarget, startTimeOf } from '../host/system/processes';
import { type Build, findBuild } from '../journal/history';
import { catchUp } from '../projections/records/catchUp';
import { type Handled, handleCommand } from '../journal/handleCommand';
import { reap } from '../projections/records/reap';
import { settle } from '../projections/records/updateFiles';
import { tellOthers } from '../subscribers/notifySubscribers';
import { defineCommand } from './definition/command';
import { anApp } from './definition/flags';

const SIGNAL = 'SIGQUIT';

export const cancel = defineCommand({
  description: 'Cancel the running build of an app',
  args: { app: anApp('the app; dokku --app <app> does as well; its build is the one that holds the deploy lock') },
  flags: {},
  example: 'shop',
  stock: true,
  run: ({ host, output, args: { app } }) => cancelCurrent(host, output, app),
});

/** Cancels the build that holds the deploy lock of `app`. Throws {@link Failure}. */
export function cancelCurrent(host: Host, output: Output, app: AppName): undefined {
  const lock = readDeployLock(host, app);
  switch (lock.state) {
    case 'none':
      output.step('App not currently deploying');
      return;
    case 'empty':
      output.step('No matching app deploy found');
      return;
    case 'unreadable':
      throw new Failure(`Cannot tell which build holds the deploy lock: ${lock.reason}`);
    case 'held':
      cancelBuild(host, output, app, lock.id);
  }
}

function cancelBuild(host: Host, output: Output, app: AppName, id: BuildId): void {
  const builds = appBuilds(host, app);
  const now = Date.now();
  const caught = catchUp(builds, now, output.warn);
  const build = findBuild(caught.history, id);
  const command = { type: 'CancelBuild', build: id, actor: host.caller, signal: SIGNAL, at: now } as const;
  const conclude = (handled: Handled): void => {
    settle(builds, handled, output.warn);
    tellOthers(host, builds, handled, output.warn);
  };

  if (build === undefined) {
    removeStaleLock(host, output, app, id);
  } else if (build.status !== 'running') {
    const handled = handleCommand(builds.directory, caught, command, now); // adds nothing: makes durable what is answered
    if (wasLeftAlive(build, now)) {
      const group = kill(build);
      removeDeployLock(host, app, id);
      output.step(`Build ${id} was canceled before, but its process still ran`);
      sayKilled(output, id, group);
    } else {
      sayOver(output, build);
    }
    conclude(handled); // who ended it may have been killed before its record was written
  } else if (!isAlive(build.process)) {
    const found = Date.now();
    const handled = handleCommand(builds.directory, caught, reap(builds.directory, [build], found), found);
    removeDeployLock(host, app, id);
    conclude(handled);
    if (handled.added.length === 0) sayOver(output, findBuild(handled.loaded.history, id) ?? build);
    else output.step('Build was already terminated, marking failed');
  } else {
    refuseStranger(build); // all that can be refused is, before anything is recorded
    signalTarget(build.process);
    const handled = handleCommand(builds.directory, caught, command, now);
    if (handled.added.length === 0) {
      sayOver(output, findBuild(handled.loaded.history, id) ?? build);
      return;
    }
    try {
      const group = kill(build); // nothing that can fail comes between the record and this
      removeDeployLock(host, app, id); // else it stays, and the next cancel tries again
      sayKilled(output, id, group);
    } finally {
      conclude(handled);
    }
  }
}

/** From the record of a cancel to its signal it takes no more than this. */
const CANCEL_MS = 2000;

/** Somebody canceled it and was killed before the signal: its process runs on, and its lock still names it. */
function wasLeftAlive(build: Build, now: number): boolean {
  if (build.status !== 'canceled' || build.signal === undefined || !isAlive(build.process) || isStranger(build))
    return false;
  return Math.abs(now - (parseTimestamp(build.finishedAt) ?? now)) > CANCEL_MS; // the clock may have been set back since
}

/** Start times are known to about a second, and clocks are set. */
const START_SLACK_MS = 60_000;

/** Of what was adopted only the pid is known, and a process that began after the build is another one. */
function isStranger({ process, startedAt }: Build): boolean {
  if (process.startTicks !== undefined) return false; // then it is told by that
  const [began, recorded] = [startTimeOf(process.pid), parseTimestamp(startedAt)];
  return began !== undefined && recorded !== undefined && began > recorded + START_SLACK_MS;
}

function refuseStranger(build: Build): void {
  if (!isStranger(build)) return;
  throw new Failure(
    `refusing to signal process ${build.process.pid}: it began after build ${build.id}, whose record knows no more than a pid`,
  );
}

/** The process group that was signalled; undefined when its process had just ended. Throws when it could not be. */
function kill(build: Build): number | undefined {
  try {
    return signalProcessGroup(build.process, SIGNAL).group;
  } catch (error) {
    if (error instanceof ProcessGone) return undefined;
    throw error;
  }
}

function sayKilled(output: Output, id: BuildId, group: number | undefined): void {
  output.step('Killing app deploy');
  output.verbose(
    group === undefined
      ? `Build ${id} canceled, its process had just ended`
      : `Build ${id} canceled, ${SIGNAL} sent to process group ${group}`,
  );
}

function sayOver(output: Output, build: Build): void {
  output.step(`Build ${build.id} is no longer running (status=${build.status}); leaving record untouched`);
}

/** A lock that names a build nobody knows is stale, unless somebody holds it: then the start is about to be recorded. */
function removeStaleLock(host: Host, output: Output, app: AppName, id: BuildId): void {
  if (isDeployLockTaken(host, app)) {
    throw new Failure(`No build record found for ${app}/${id} yet, and its deploy holds the lock; try again`);
  }
  output.warn(`No build record found for ${app}/${id}, removing the stale lock`);
  removeDeployLock(host, app, id);
}
