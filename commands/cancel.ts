import type { Call } from '../host/call';
import { requireApp } from '../host/apps';
import { parseArguments } from '../host/arguments';
import { parseTimestamp } from '../host/durations';
import type { Host } from '../host/environment';
import { Failure } from '../host/failure';
import { isDeployLockTaken, readDeployLock, removeDeployLock } from '../host/locks';
import type { AppName, BuildId } from '../host/names';
import type { Output } from '../host/output';
import { appBuilds } from '../host/paths';
import { isAlive, ProcessGone, signalProcessGroup, signalTarget } from '../host/processes';
import { type Build, findBuild } from '../journal/history';
import { catchUp } from '../projections/catchUp';
import { type Handled, handleCommand } from '../projections/handleCommand';
import { reap } from '../projections/reap';
import { settle } from '../projections/settle';
import { tellOthers } from '../triggers/tellOthers';
import { refuseSurplus, takeApp } from './positionals';

const SIGNAL = 'SIGQUIT';

/** `builds:cancel <app>` */
export function cancel({ host, output, args }: Call): undefined {
  const named = takeApp(host, parseArguments(args, {}).positionals);
  refuseSurplus(named.others, 0);
  const app = requireApp(host, named.app);
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
  const conclude = (handled: Handled): void => {
    settle(builds, handled, output.warn);
    removeDeployLock(host, app, id);
    tellOthers(host, builds, handled, output.warn);
  };

  if (build === undefined) {
    removeStaleLock(host, output, app, id);
  } else if (build.status !== 'running') {
    if (wasLeftAlive(build, now)) {
      output.step(`Build ${id} is canceled, but its process still runs`);
      kill(output, build);
      removeDeployLock(host, app, id);
    } else {
      sayOver(output, build);
    }
    settle(builds, { loaded: caught, added: [] }, output.warn); // who ended it may have been killed before its record was written
  } else if (!isAlive(build.process)) {
    const handled = handleCommand(builds.directory, caught, reap(builds.directory, [build], now), now);
    if (handled.added.length === 0) sayOver(output, findBuild(handled.loaded.history, id) ?? build);
    else output.step('Build was already terminated, marking failed');
    conclude(handled);
  } else {
    signalTarget(build.process); // refused before anything is recorded
    const command = { type: 'CancelBuild', build: id, actor: host.caller, signal: SIGNAL, at: now } as const;
    const handled = handleCommand(builds.directory, caught, command, now);
    if (handled.added.length === 0) {
      sayOver(output, findBuild(handled.loaded.history, id) ?? build);
      return;
    }
    try {
      kill(output, build);
    } finally {
      conclude(handled);
    }
  }
}

/** From the record of a cancel to its signal it takes no more than this. */
const CANCEL_MS = 2000;

/** Somebody canceled it and was killed before the signal: its process runs on, and its lock still names it. */
function wasLeftAlive(build: Build, now: number): boolean {
  if (build.status !== 'canceled' || build.signal === undefined || !isAlive(build.process)) return false;
  return now - (parseTimestamp(build.finishedAt) ?? now) > CANCEL_MS;
}

function sayOver(output: Output, build: Build): void {
  output.step(`Build ${build.id} is no longer running (status=${build.status}); leaving record untouched`);
}

function kill(output: Output, build: Build): void {
  output.step('Killing app deploy');
  output.flush(); // the caller may be part of what dies
  try {
    const { group } = signalProcessGroup(build.process, SIGNAL);
    output.verbose(`Build ${build.id} canceled, ${SIGNAL} sent to process group ${group}`);
  } catch (error) {
    if (!(error instanceof ProcessGone)) throw error;
    output.verbose(`Build ${build.id} canceled, its process had just ended`);
  }
}

/** A lock that names a build nobody knows is stale, unless somebody holds it: then the start is about to be recorded. */
function removeStaleLock(host: Host, output: Output, app: AppName, id: BuildId): void {
  if (isDeployLockTaken(host, app)) {
    throw new Failure(`No build record found for ${app}/${id} yet, and its deploy holds the lock; try again`);
  }
  output.warn(`No build record found for ${app}/${id}, removing the stale lock`);
  removeDeployLock(host, app, id);
}
