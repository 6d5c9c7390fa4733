import { closeSync, constants, openSync } from 'node:fs';
import { dirname } from 'node:path';

import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { appBuilds, logPath } from '../../host/dokku/paths';
import { formatDuration } from '../../host/durations';
import { Failure, reasonOf, type Warn } from '../../host/failure';
import { makeDurableDirectory } from '../../host/files/durable';
import { ownLikeParent } from '../../host/files/files';
import type { Source } from '../../journal/events';
import { waitForEnd } from '../../subscribers/afterDeploy/waitForEnd';
import { recordFinish, recordStart } from '../../subscribers/recordDeploy';
import { CapturedOutput } from './capturedOutput';
import type { HeldLock } from './deployLock';
import { type GatedCommand, startGated } from './gatedCommand';
import { limitedLog, type Log, unlimitedLog } from './limitedLog';
import { openOutputPipe } from './outputPipe';
import { within } from './within';

/** A command that is run as a deploy of an app. */
export interface CapturedRun {
  readonly host: Host;
  readonly app: AppName;
  readonly source: Source;
  readonly command: string;
  readonly args: readonly string[];
  /** ms */
  readonly timeout: number | undefined;
  /** Bytes. */
  readonly maxLog: number | undefined;
  readonly lock: HeldLock;
}

/** Exit code of a command that was ended because its time was over, the same as that of timeout(1). */
export const TIMED_OUT = 124;

/** How long a command may go on after SIGTERM. */
export const KILL_AFTER_MS = 5000;

/**
 * How long to wait for more output after the command has ended. A process that it started may keep the output open for
 * ever.
 */
const LATE_OUTPUT_MS = 2000;

/**
 * Runs the command, records it and logs its output, and gives back the lock when it has ended. Returns its exit
 * status. Throws {@link Failure} if nothing was run.
 */
export async function runRecorded(run: CapturedRun): Promise<number> {
  const { host, app, lock } = run;
  const { id } = lock;
  const builds = appBuilds(host, app);
  makeBuildsDirectory(builds.directory);
  const pipe = openOutputPipe(builds.directory);
  const log = openLog(logPath(host, app, id), run.maxLog);
  const output = new CapturedOutput(log, app, id);
  const warn = (message: string): void => output.warn(message);
  const env = { ...process.env, DOKKU_BUILD_ID: id, DOKKU_BUILD_SOURCE: run.source };
  let exitCode: number | undefined;
  try {
    const command = startGated(run.command, run.args, pipe.writer, env);
    closeSync(pipe.writer);
    const allRead = pipe.read((bytes) => output.write(bytes));
    const { pid } = command;
    if (pid !== undefined) {
      waitForEnd(builds, id, pid, warn); // in case this process is killed
      tryTo(warn, () => recordStart(host, warn, app, id, pid, run.source));
    }
    command.openGate();
    const status = await endOf(command, run.timeout, output);
    exitCode = status;
    await pipe.readUpToNow();
    output.complete();
    tryTo(warn, () => recordFinish(host, warn, app, id, status));
    lock.release();
    command.forwardNoMore();
    if (!(await within(LATE_OUTPUT_MS, allRead))) await pipe.stop();
    await allRead;
    return status;
  } finally {
    const isDone = await output.end();
    if (!isDone && exitCode !== undefined) process.exit(exitCode);
  }
}

/** The exit status of the command. After `timeout` ms, all processes of its group are ended. */
async function endOf(command: GatedCommand, timeout: number | undefined, output: CapturedOutput): Promise<number> {
  if (timeout === undefined || (await within(timeout, command.ended))) return command.ended;
  output.say(`Timed out after ${formatDuration(timeout)}: SIGTERM was sent to the command`);
  command.signal('SIGTERM');
  if (!(await command.isGoneWithin(KILL_AFTER_MS))) {
    output.say(`The command did not end within ${formatDuration(KILL_AFTER_MS)} of SIGTERM: SIGKILL was sent to it`);
    command.signal('SIGKILL');
  }
  await command.ended;
  return TIMED_OUT;
}

/** An error is only a warning: a deploy must not fail because it cannot be recorded. */
function tryTo(warn: Warn, record: () => void): void {
  try {
    record();
  } catch (error) {
    warn(reasonOf(error));
  }
}

function makeBuildsDirectory(directory: string): void {
  try {
    makeDurableDirectory(directory);
  } catch (error) {
    throw new Failure(`Cannot make ${directory}: ${reasonOf(error)}`);
  }
}

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

function openLog(path: string, limit: number | undefined): Log {
  try {
    const fd = openSync(path, O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o644);
    ownLikeParent(fd, dirname(path));
    return limit === undefined ? unlimitedLog(fd) : limitedLog(fd, limit);
  } catch (error) {
    throw new Failure(`Cannot write ${path}: ${reasonOf(error)}`);
  }
}
