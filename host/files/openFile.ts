import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';

import { errorCode, Failure } from '../failure';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/**
 * The text of a regular file, or undefined when there is none. A symbolic link is not followed and a pipe is not
 * waited for: both throw {@link Failure}, as do directories, devices, and files of more than `limit` bytes.
 */
export function readSmallFile(path: string, limit: number): string | undefined {
  const file = openRegularFile(path);
  if (file === undefined) return undefined;
  const { fd, size } = file;
  try {
    const text = size > limit ? undefined : readToEnd(fd, size, limit);
    if (text === undefined) throw new Failure(`${path} is larger than ${limit} bytes`);
    return text;
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens the regular file at `path` for reading, and returns its size in bytes, too. Undefined if there is none. Throws
 * as {@link readSmallFile} does.
 */
export function openRegularFile(path: string): OpenFile | undefined {
  try {
    return openRegular(path, O_RDONLY);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

interface OpenFile {
  readonly fd: number;
  readonly size: number;
}

/**
 * Opens the regular file at `path` with these `flags`; `mode` is that of a file which is made. Throws {@link Failure}
 * as {@link readSmallFile} does, and system errors.
 */
export function openRegular(path: string, flags: number, mode?: number): OpenFile {
  let fd: number;
  try {
    fd = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, mode);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ELOOP') throw new Failure(`${path} is a symbolic link, which is not followed`);
    if (code === 'ENXIO') throw new Failure(`${path} is not a regular file`); // a socket
    throw error;
  }
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, size: stat.size };
  closeSync(fd);
  throw new Failure(`${path} is not a regular file`);
}

/** Whether what is at `path`, a link itself included, is the file that `fd` is open on; undefined if nothing is. */
export function isAt(path: string, fd: number): boolean | undefined {
  const there = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (there === undefined) return undefined;
  const open = fstatSync(fd, { bigint: true });
  return there.ino === open.ino && there.dev === open.dev;
}

/**
 * Whether anything is at `path`. Throws {@link Failure} when that is a symbolic link. For directories that must not
 * lead out.
 */
export function refuseLink(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink() === true) throw new Failure(`${path} is a symbolic link, which is not followed`);
  return stat !== undefined;
}

/** What files are read into: to touch new memory for each takes longer than to read it, where there are thousands. */
let buffer = Buffer.alloc(0);

/**
 * All text of a file that had `size` bytes, or undefined when it has more than `limit`. Reads on after `size`: the
 * file may have grown, and those of /proc say 0.
 */
function readToEnd(fd: number, size: number, limit: number): string | undefined {
  if (buffer.length <= size) buffer = Buffer.allocUnsafe(size + 1);
  let length = 0;
  for (;;) {
    const count = readSync(fd, buffer, length, buffer.length - length, null);
    length += count;
    if (length > limit) return undefined;
    if (count === 0 || length === size) return buffer.toString('utf8', 0, length); // there was room for more
    if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(2 * length, limit) + 1);
  }
}
