import type * as childProcess from 'node:child_process';
import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

import type { Host } from './environment';
import { errorCode, Failure, printable } from '../failure';
import { makeDirectory, ownLikeParent, readSmallFile, refuseLink, removeFile } from '../system/files';
import { type AppName, asBuildId, type BuildId } from './names';
import { deployLockPath } from './paths';

/** What the deploy lock of an app says: `empty` is what `apps:lock` leaves, `held` names the build that deploys. */
export type DeployLock =
  | { readonly state: 'none' }
  | { readonly state: 'empty' }
  | { readonly state: 'held'; readonly id: BuildId }
  | { readonly state: 'unreadable'; readonly reason: string };

const LOCK_BYTES = 4096; // an id and a newline are 129 at most

/** Reads the lock of `app`, not through a link. Never throws for what is there: that makes it `unreadable`. */
export function readDeployLock(host: Host, app: AppName): DeployLock {
  const path = deployLockPath(host, app);
  let content: string | undefined;
  try {
    refuseLink(dirname(path));
    content = readSmallFile(path, LOCK_BYTES)?.trim();
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined && !(error instanceof Failure)) throw error;
    return { state: 'unreadable', reason: code === undefined ? (error as Failure).message : `${path}: ${code}` };
  }
  if (content === undefined) return { state: 'none' };
  if (content === '') return { state: 'empty' };
  const id = asBuildId(content);
  if (id !== undefined) return { state: 'held', id };
  return { state: 'unreadable', reason: `${path} holds "${printable(content)}", which is no build id` };
}

/** Removes the lock of `app` if it still names the build `expected`; whether it did. */
export function removeDeployLock(host: Host, app: AppName, expected: BuildId): boolean {
  const lock = readDeployLock(host, app);
  return lock.state === 'held' && lock.id === expected && removeFile(deployLockPath(host, app));
}

/** Takes the lock of `app` as Dokku does; the rest as {@link takeLock} says. */
export function takeDeployLock(host: Host, app: AppName): number | undefined {
  const path = deployLockPath(host, app);
  refuseLink(dirname(path));
  makeDirectory(dirname(path));
  return takeLock(path);
}

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

/**
 * Whether some process holds the flock on the lock of `app` right now, by what the kernel lists in /proc/locks: to try
 * it would keep a deploy from taking it in that moment. False when there is no lock, or no list.
 */
export function isDeployLockTaken(host: Host, app: AppName): boolean {
  const lock = lstatSync(deployLockPath(host, app), { bigint: true, throwIfNoEntry: false });
  if (lock === undefined) return false;
  try {
    return readFileSync('/proc/locks', 'latin1')
      .split('\n')
      .some((line) => line.includes(' FLOCK ') && line.includes(`:${lock.ino} `));
  } catch {
    return false;
  }
}

/** Writes into a lock that was taken which build holds it. */
export function writeDeployLock(fd: number, id: BuildId): void {
  const bytes = Buffer.from(`${id}\n`);
  ftruncateSync(fd, 0);
  for (let written = 0; written < bytes.length;) {
    written += writeSync(fd, bytes, written, bytes.length - written, written);
  }
}

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;

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
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where something is captured
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
