import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { constants } from 'node:os';

import type { Host } from '../host/dokku/environment';
import { errorCode, Failure, reasonOf } from '../host/failure';
import { makeDirectory, ownLikeParent } from '../host/system/files';
import { readDeployLock, removeDeployLock, takeDeployLock, writeDeployLock } from '../host/dokku/locks';
import { type AppName, type BuildId, generateBuildId } from '../host/dokku/names';
import type { Output } from '../host/terminal/output';
import { appBuilds, logPath } from '../host/dokku/paths';
import { pause } from '../host/system/pause';
import { type Source, sources } from '../journal/events';
import { recordFinish, recordStart } from '../subscribers/recordDeploy';
import { type CommandCall, defineCommand } from './definition/command';
import { aChoice, anApp } from './definition/flags';

const args = {
  app: anApp(),
  command: {
    kind: 'rest',
    shown: '<command> [<arg>...]',
    help: 'what is run, with no shell between; its exit status is passed on',
  },
} as const;

const flags = {
  source: aChoice(
    Object.keys(sources) as Source[],
    'what the deploy comes from, one of the sources that Dokku has; deploy by default',
    { shown: 'S' },
  ),
};

/** Its exit status is that of the command that it runs. */
export const capture = defineCommand({
  description: 'Run a command as a recorded deploy of an app',
  args,
  flags,
  example: 'blog -- rsync -a public/ /srv/blog/',
  programOnly: true,
  run: captureLocked,
});

async function captureLocked(call: CommandCall<typeof args, typeof flags>): Promise<number> {
  const { host, output } = call;
  const { app } = call.args;
  const [command, ...commandArgs] = call.args.command;
  if (!command) throw new Failure('Please specify a command to run, after --');
  const { source = 'deploy' } = call.flags;
  const before = readDeployLock(host, app);
  const lock = takeDeployLock(host, app);
  if (lock === undefined) throw lockedBy(host, app);
  if (before.state === 'empty')
    output.warn(`${app} is locked by apps:lock, which nothing but apps:unlock ends; running all the same`);
  const id = generateBuildId(Date.now());
  writeDeployLock(lock, id);
  try {
    return await runRecorded(host, output, app, id, source, command, commandArgs);
  } finally {
    // While it is still held, so that nobody's lock but ours is removed; that of apps:lock stays.
    if (before.state === 'empty') fs.ftruncateSync(lock, 0);
    else removeDeployLock(host, app, id);
    fs.closeSync(lock);
  }
}

function lockedBy(host: Host, app: AppName): Failure {
  const lock = readDeployLock(host, app);
  const holder = lock.state === 'held' ? `build ${lock.id} holds its deploy lock` : 'its deploy lock is held';
  return new Failure(`${app} is being deployed: ${holder} (see builds:output ${app}, builds:cancel ${app})`);
}

/**
 * The command waits behind this gate, already a process with an identity and in a group of its own, until its start is
 * on record. What it runs is handed over as arguments: the shell reads none of it.
 */
const GATE = 'read -r go <&3 || exit 125; exec 3<&-; exec "$@"';
const GATE_FD = 3;

async function runRecorded(
  host: Host,
  output: Output,
  app: AppName,
  id: BuildId,
  source: Source,
  command: string,
  words: readonly string[],
): Promise<number> {
  const log = openLog(host, app, id);
  const child = spawn('/bin/sh', ['-c', GATE, 'sh', command, ...words], {
    detached: true,
    stdio: ['inherit', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, DOKKU_BUILD_ID: id, DOKKU_BUILD_SOURCE: source },
  });
  const ended = endOf(child);
  const logger = startLogger(id);
  const restore = forwardSignals(child);
  try {
    if (child.pid !== undefined)
      tryTo(output, () => {
        recordStart(host, output.warn, app, id, child.pid ?? 0, source);
      });
    copy(child, output, log, logger);
    openGate(child);
    const exitCode = await ended;
    tryTo(output, () => {
      recordFinish(host, output.warn, app, id, exitCode);
    });
    return exitCode;
  } finally {
    restore();
    fs.closeSync(log);
    await closeLogger(logger);
  }
}

/** A deploy does not fail because it cannot be recorded. */
function tryTo(output: Output, record: () => void): void {
  try {
    record();
  } catch (error) {
    output.warn(reasonOf(error));
  }
}

function openLog(host: Host, app: AppName, id: BuildId): number {
  const { directory } = appBuilds(host, app);
  try {
    makeDirectory(directory);
    const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = fs.constants;
    const log = fs.openSync(logPath(host, app, id), O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o644);
    ownLikeParent(log, directory);
    return log;
  } catch (error) {
    throw new Failure(`Cannot write ${logPath(host, app, id)}: ${reasonOf(error)}`);
  }
}

const COMMAND_NOT_STARTED = 127;

/**
 * The exit status of the command as a shell would say it: its own, or 128 and the number of the signal that ended it.
 */
function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', () => {
      resolve(COMMAND_NOT_STARTED);
    });
    child.on('close', (code, signal) => {
      resolve(signal ? 128 + constants.signals[signal] : (code ?? COMMAND_NOT_STARTED));
    });
  });
}

function openGate(child: ChildProcess): void {
  const gate = child.stdio[GATE_FD];
  if (!gate || !('end' in gate)) return;
  gate.on('error', () => undefined); // it was killed before it began
  gate.end('go\n');
}

/**
 * Every byte goes to the terminal, to the log and to the system's log; one that fails does not keep it from the
 * others.
 */
function copy(child: ChildProcess, output: Output, log: number, logger: ChildProcess | undefined): void {
  let logFails = false;
  const keep = (chunk: Buffer): void => {
    logger?.stdin?.write(chunk);
    try {
      for (let at = 0; at < chunk.length;) at += fs.writeSync(log, chunk, at);
    } catch (error) {
      if (!logFails) output.warn(`The log is incomplete: ${reasonOf(error)}`);
      logFails = true;
    }
  };
  child.stdout?.on('data', (chunk: Buffer) => {
    keep(chunk);
    show(1, chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    keep(chunk);
    show(2, chunk);
  });
}

const RETRY_MS = 5;

/** Writes to our own stdout or stderr; a reader that is gone does not stop the command. */
function show(fd: 1 | 2, chunk: Buffer): void {
  for (let at = 0; at < chunk.length;) {
    try {
      at += fs.writeSync(fd, chunk, at);
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') return;
      pause(RETRY_MS);
    }
  }
}

function startLogger(id: BuildId): ChildProcess | undefined {
  const logger = spawn('logger', ['-i', '-t', `dokku-${id}`], { stdio: ['pipe', 'ignore', 'ignore'] });
  logger.on('error', () => undefined); // no logger on this host
  logger.stdin.on('error', () => undefined); // or one that cannot reach the system's log
  return logger;
}

const LOGGER_MS = 2000;

async function closeLogger(logger: ChildProcess | undefined): Promise<void> {
  if (logger?.pid === undefined || logger.exitCode !== null || logger.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const patience = setTimeout(() => logger.kill('SIGKILL'), LOGGER_MS);
    logger.once('close', () => {
      clearTimeout(patience);
      resolve();
    });
    logger.stdin?.end();
  });
}

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** A signal to this program reaches the command's process group; this program stays to record the end. */
function forwardSignals(child: ChildProcess): () => void {
  const forward = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // it has just ended
    }
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward);
  };
}
