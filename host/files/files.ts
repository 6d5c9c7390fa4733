import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

import { errorCode } from '../failure';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** The names in `directory`; none when it does not exist. */
export function listDirectory(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Removes a file or a link; false when there was none. Throws every other system error. */
export function removeFile(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Makes a directory and those above it that are missing, each with `mode` whatever the umask is, and each owned like
 * the one it lies in. What exists stays as it is. Throws the system error.
 */
export function makeDirectory(path: string, mode = 0o755): void {
  if (isDirectory(path)) return; // as nearly always, and without the cost of an exception
  const parent = dirname(path);
  for (let tries = 1; ; tries += 1) {
    try {
      mkdirSync(path, mode);
      break;
    } catch (error) {
      if (errorCode(error) === 'EEXIST' && isDirectory(path)) return;
      if (errorCode(error) !== 'ENOENT' || tries === MOST_TRIES) throw error;
      makeDirectory(parent, mode); // unless somebody has made it by now
    }
  }
  // By descriptor, not by path: when root does this, a link put in its place must not be what changes.
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    ownLikeParent(fd, parent);
    fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
}

/** How often a directory above may vanish, before that is not a coincidence. */
const MOST_TRIES = 100;

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * When root runs this: gives a file to the owner and group of `parent`, so that the user `dokku` can write what root
 * made. Anyone else owns what they make already. A path that is a link is changed itself, not what it points to.
 */
export function ownLikeParent(fdOrPath: number | string, parent: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(parent);
  if (typeof fdOrPath === 'number') fchownSync(fdOrPath, uid, gid);
  else lchownSync(fdOrPath, uid, gid);
}

/**
 * How long before `now`, ms since the epoch, the file or link at `path` was changed, in ms; undefined when there is
 * none.
 */
export function ageOf(path: string, now: number): number | undefined {
  const changed = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return changed === undefined ? undefined : now - changed;
}

/**
 * Writes all of `bytes` to `fd`: at `position` of the file, or where it stands. Throws system errors, also if nothing
 * can be written.
 */
export function writeAll(fd: number, bytes: Uint8Array, position?: number): void {
  for (let written = 0; written < bytes.length;) {
    const at = position === undefined ? null : position + written;
    const count = writeSync(fd, bytes, written, bytes.length - written, at);
    if (count === 0) throw Object.assign(new Error('EIO: nothing could be written, write'), { code: 'EIO' });
    written += count;
  }
}

/** The content of the file at `path` is on disk when this returns. Throws system errors. */
export function syncFile(path: string): void {
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The names in `directory` are on disk when this returns. Throws system errors. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(fd);
  } catch (error) {
    if (errorCode(error) !== 'EINVAL') throw error; // a file system that has no fsync of directories
  } finally {
    closeSync(fd);
  }
}

/** Removes a file that nobody needs; if it cannot be removed, it stays. */
export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // it does no harm
  }
}
