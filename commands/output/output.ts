import * as fs from 'node:fs';

import type { Host } from '../../host/dokku/environment';
import { errorCode, Failure, reasonOf } from '../../host/failure';
import type { AppName, BuildId } from '../../host/dokku/names';
import { ClosedPipe, type Output } from '../../host/terminal/output';
import { appBuilds, logPath } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import { type Build, findBuild } from '../../journal/history';
import { loadHistory } from '../../journal/loadHistory';
import { type Left, leftText, type PastBuild } from '../../projections/events/past';
import { defineCommand } from '../definition/command';
import { anApp, maybeBuild } from '../definition/flags';
import { findNamedBuild, NotDeploying } from '../shared/buildArgument';
import { viewApp } from '../shared/see';

export const output = defineCommand({
  description: 'Show the output of a build or follow a running one',
  args: { app: anApp(), build: maybeBuild() },
  flags: {},
  example: 'shop last',
  stock: true,
  alongside: true,
  run({ host, output: out, args: { app, build: asked } }) {
    let found: PastBuild;
    try {
      found = findNamedBuild(host, { app, ...viewApp(host, out, app) }, asked);
    } catch (error) {
      if (!(error instanceof NotDeploying)) throw error;
      out.step(error.message);
      return undefined;
    }
    const { build, left } = found;
    if (left !== undefined) return ofPast(out, app, build.id, left);
    const log = openLog(logPath(host, app, build.id));
    if (log === undefined) return fromSystemJournal(out, app, build.id);
    return follow(host, out, app, build, log);
  },
});

function openLog(path: string): number | undefined {
  try {
    const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
    if (fs.fstatSync(fd).isFile()) return fd;
    throw new Failure(`Cannot read ${path}: it is not a regular file`);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error instanceof Failure ? error : new Failure(`Cannot read ${path}: ${reasonOf(error)}`);
  }
}

const CHUNK_BYTES = 64 * 1024;
/** How often a live build is looked at: the file system tells of its log, nobody tells of the end of its process. */
const LOOK_MS = 500;
/** Output that is on its way through `tee` when the end is recorded gets this long without a byte to arrive. */
const QUIET_MS = 300;

/** Prints the log, and while the build lives what comes: until its end is recorded or its process is gone, and all is read. */
async function follow(host: Host, out: Output, app: AppName, build: Build, log: number): Promise<undefined> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const printMore = (): boolean => {
    let printed = false;
    for (let count; (count = fs.readSync(log, buffer, 0, buffer.length, null)) > 0; printed = true) {
      out.raw(buffer.subarray(0, count));
    }
    out.flush();
    return printed;
  };
  printMore();
  if (!runs(build)) return;
  const { directory } = appBuilds(host, app);
  const changes = watchDirectory(directory);
  try {
    while (runs(findBuild(loadHistory(directory).history, build.id))) {
      await changes.next(LOOK_MS);
      printMore();
    }
    for (let more = true; more; more = printMore()) await changes.next(QUIET_MS);
  } finally {
    changes.close();
  }
}

function runs(build: Build | undefined): boolean {
  return build?.status === 'running' && isAlive(build.process);
}

interface Changes {
  /** Resolves when something in the directory has changed, at the latest after `most` ms. */
  next(most: number): Promise<void>;
  close(): void;
}

function watchDirectory(directory: string): Changes {
  let changed = (): void => undefined;
  let watcher: fs.FSWatcher | undefined;
  try {
    watcher = fs.watch(directory, () => {
      changed();
    });
    watcher.on('error', () => undefined);
  } catch {
    // no inotify watch to be had: looking every now and then does
  }
  return {
    next: (most) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, most);
        changed = (): void => {
          clearTimeout(timer);
          resolve();
        };
      }),
    close: () => watcher?.close(),
  };
}

function ofPast(out: Output, app: AppName, id: BuildId, left: Left): Promise<undefined> {
  out.warn(`Build ${app}/${id} was pruned ${leftText(left)} and its log with it; trying the system journal`);
  return fromSystemJournal(out, app, id);
}

/** The log file is gone: what `logger` was given may still be in the system's journal. */
async function fromSystemJournal(out: Output, app: AppName, id: BuildId): Promise<undefined> {
  const { spawn } = await import('node:child_process');
  const args = ['--quiet', '--no-pager', '--output', 'cat', `SYSLOG_IDENTIFIER=dokku-${id}`];
  const journalctl = spawn('journalctl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const seen: { any: boolean; closed?: ClosedPipe } = { any: false };
  journalctl.stdout.on('data', (chunk: Buffer) => {
    seen.any = true;
    try {
      out.raw(chunk);
    } catch (error) {
      if (!(error instanceof ClosedPipe)) throw error;
      seen.closed = error;
      journalctl.kill();
    }
  });
  await new Promise<void>((resolve) => {
    journalctl.on('error', () => {
      resolve();
    });
    journalctl.on('close', () => {
      resolve();
    });
  });
  if (seen.closed) throw seen.closed;
  if (!seen.any) throw new Failure(`No log found for ${app}/${id}, neither its file nor in the system journal`);
}
