import type * as childProcess from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { errorCode, Failure, printable } from '../failure';
import { ownLikeParent } from './files';
import { isAt, openRegular } from './openFile';

/**
 * Takes an advisory flock on the lock file at `path`, which is made when it is missing. It is held as long as the
 * returned file descriptor is open, or an inherited copy of it. Undefined when someone else holds it. Throws
 * {@link Failure} when flock(1) cannot be run, or the lock file is not a regular file; and system errors.
 */
export function takeLock(path: string): number | undefined {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where something is locked
  const { spawnSync } = require('node:child_process') as typeof childProcess;
  for (;;) {
    const fd = openLock(path);
    let taken = false;
    try {
      const { error, status, stderr } = spawnSync('flock', ['-n', INHERITED], {
        stdio: ['ignore', 'ignore', 'pipe', fd],
        encoding: 'utf8',
      });
      if (status === HELD_BY_ANOTHER && stderr === '') return undefined;
      if (error !== undefined || status !== 0) throw flockFailure(error, stderr, status);
      taken = isAt(path, fd) === true; // else it was removed between open and flock, and is a lock on nothing: once more
      if (taken) return fd;
    } finally {
      if (!taken) closeSync(fd);
    }
  }
}

/**
 * The same, but waits while someone else holds it. A signal that ends this process ends the waiting flock(1), too.
 */
export async function waitForLock(path: string): Promise<number> {
  const { spawn } = await import('node:child_process');
  for (;;) {
    const fd = openLock(path);
    let taken = false;
    try {
      const child = spawn('flock', [INHERITED], { stdio: ['ignore', 'ignore', 'ignore', fd] });
      await ended(child);
      taken = isAt(path, fd) === true; // a deploy removes its lock when it ends
      if (taken) return fd;
    } finally {
      if (!taken) closeSync(fd);
    }
  }
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

async function ended(flock: childProcess.ChildProcess): Promise<void> {
  const stop = (signal: NodeJS.Signals): void => {
    flock.removeAllListeners('exit');
    flock.kill('SIGKILL');
    for (const one of ENDING) process.off(one, stop);
    process.kill(process.pid, signal);
  };
  for (const one of ENDING) process.on(one, stop);
  try {
    await new Promise<void>((resolve, reject) => {
      flock.on('error', (error) => reject(flockFailure(error, '', null)));
      flock.on('exit', (status) => (status === 0 ? resolve() : reject(flockFailure(undefined, '', status))));
    });
  } finally {
    for (const one of ENDING) process.off(one, stop);
  }
}

/**
 * The first descriptor behind stdin, stdout and stderr: flock(1) inherits the open file description, whose lock stays
 * when that program has ended.
 */
const INHERITED = '3';
const HELD_BY_ANOTHER = 1; // exit status of `flock -n`, see flock(1)

function flockFailure(error: Error | undefined, stderr: string, status: number | null): Error {
  if (errorCode(error) === 'ENOENT') return new Failure('flock(1) is not installed: it is in package util-linux');
  if (error !== undefined) return error;
  return new Failure(`flock(1) failed: ${printable(stderr.trim() || `exit status ${status ?? 'unknown'}`)}`);
}

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

function openLock(path: string): number {
  const { fd } = openRegular(path, O_RDWR | O_CREAT, 0o644);
  try {
    ownLikeParent(fd, dirname(path));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Whether some process holds a flock on the file at `path` right now, by what the kernel lists in /proc/locks. False
 * if there is no such file, or no list.
 */
export function isLocked(path: string): boolean {
  try {
    const listed = nameInKernelList(path);
    return readFileSync('/proc/locks', 'latin1')
      .split('\n')
      .some((line) => line.includes(' FLOCK ') && line.includes(` ${listed} `));
  } catch {
    return false;
  }
}

/**
 * The file as proc(5) names it in /proc/locks: device and inode, `08:01:131073`. Each file system has an inode of that
 * number. Throws system errors.
 */
function nameInKernelList(path: string): string {
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    const [major, minor] = deviceOfMount(fd) ?? deviceOfStat(dev);
    return `${hex(major)}:${hex(minor)}:${ino}`;
  } finally {
    closeSync(fd);
  }
}

/**
 * Major and minor number of the device of the mount that the file behind `fd` lies on. The kernel's list has that one;
 * stat(2) has another one for each subvolume of Btrfs. Undefined for a mount of another namespace.
 */
function deviceOfMount(fd: number): readonly [bigint, bigint] | undefined {
  const mount = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '';
  const mounts = readFileSync('/proc/self/mountinfo', 'latin1');
  const [, major, minor] = new RegExp(`^${mount} \\d+ (\\d+):(\\d+) `, 'm').exec(mounts) ?? [];
  return major === undefined || minor === undefined ? undefined : [BigInt(major), BigInt(minor)];
}

/** The same of a `st_dev`, whose bits makedev(3) lays out. */
function deviceOfStat(dev: bigint): readonly [bigint, bigint] {
  return [((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn), (dev & 0xffn) | ((dev >> 12n) & ~0xffn)];
}

function hex(number: bigint): string {
  return number.toString(16).padStart(2, '0');
}
