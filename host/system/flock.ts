import type * as childProcess from 'node:child_process';
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { errorCode, Failure, printable } from '../failure';
import { ownLikeParent } from './files';

/**
 * Takes an advisory flock on the lock file at `path`, which is made when it is missing. It is held as long as the
 * returned file descriptor is open, or an inherited copy of it. Undefined when someone else holds it. Throws
 * {@link Failure} when flock(1) cannot be run, or the lock file is no regular file; and system errors.
 */
export function takeLock(path: string): number | undefined {
  for (;;) {
    const fd = openLock(path);
    let taken = false;
    try {
      if (!flock(fd)) return undefined;
      taken = names(path, fd); // else it was removed between open and flock, and is a lock on nothing: once more
      if (taken) return fd;
    } finally {
      if (!taken) closeSync(fd);
    }
  }
}

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

function openLock(path: string): number {
  let fd: number;
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644);
  } catch (error) {
    if (errorCode(error) === 'ELOOP') throw new Failure(`${path} is a symbolic link, which is not followed`);
    throw error;
  }
  try {
    if (!fstatSync(fd).isFile()) throw new Failure(`${path} is not a regular file`);
    ownLikeParent(fd, dirname(path));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

const INHERITED = 3; // the first descriptor behind stdin, stdout and stderr
const HELD_BY_ANOTHER = 1; // exit status of `flock -n`, see flock(1)

/**
 * Locks the open file description behind `fd`, which flock(1) inherits: the lock stays when that program has ended.
 */
function flock(fd: number): boolean {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where something is locked
  const { spawnSync } = require('node:child_process') as typeof childProcess;
  const result = spawnSync('flock', ['-n', String(INHERITED)], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    encoding: 'utf8',
  });
  if (errorCode(result.error) === 'ENOENT') throw new Failure('flock(1) is not installed: it is in package util-linux');
  if (result.error) throw result.error;
  if (result.status === 0) return true;
  if (result.status === HELD_BY_ANOTHER && result.stderr === '') return false;
  throw new Failure(
    `flock(1) failed: ${printable(result.stderr.trim() || `exit status ${result.status ?? 'unknown'}`)}`,
  );
}

function names(path: string, fd: number): boolean {
  const opened = fstatSync(fd, { bigint: true });
  const there = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return there?.ino === opened.ino && there.dev === opened.dev;
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
