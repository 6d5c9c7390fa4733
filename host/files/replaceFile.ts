import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { HOUR_MS } from '../durations';
import { errorCode } from '../failure';
import { ageOf, ownLikeParent, removeQuietly, syncDirectory, writeAll } from './files';
import type { System } from '../system/system';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Makes `path` a file with this content in one step: a reader sees the old content or the new, never a part. A
 * link at `path` is replaced, not followed. `durable`: content and name are on disk before the call returns. Throws
 * the system error, with `path` as it was and no temporary file left.
 */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  options: { readonly mode: number; readonly durable: boolean },
): void {
  const temporary = writeTemporary(path, content, options);
  try {
    renameSync(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
  if (options.durable) syncDirectory(dirname(path));
}

/**
 * Makes a new file at `path` with this content in one step. Content and name are on disk before the call returns, or,
 * with `afterSync`, before that does the work that it is given. Until then the file has two names, so that everybody
 * who opens it knows that its name may not be on disk. False, and nothing is changed, if something is there already,
 * or if the file system has no hard links. Throws other system errors.
 */
export function makeFile(
  path: string,
  content: Uint8Array,
  { mode, afterSync }: { readonly mode: number; readonly afterSync?: ((work: () => void) => void) | undefined },
): boolean {
  const temporary = writeTemporary(path, content, { mode, durable: afterSync === undefined });
  const removeTemporary = (): void => {
    removeQuietly(temporary);
  };
  try {
    linkSync(temporary, path); // unlike a rename it replaces nothing
  } catch (error) {
    removeTemporary();
    if (NO_LINK.has(errorCode(error) ?? '')) return false;
    throw error;
  }
  if (afterSync !== undefined) {
    afterSync(removeTemporary);
    return true;
  }
  syncDirectory(dirname(path));
  removeTemporary();
  return true;
}

const NO_LINK: ReadonlySet<string> = new Set(['EEXIST', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Writes `content` to a temporary file for `path`, and returns its path. */
function writeTemporary(
  path: string,
  content: string | Uint8Array,
  { mode, durable }: { readonly mode: number; readonly durable: boolean },
): string {
  const { fd, temporary } = openTemporary(path, mode);
  try {
    writeAll(fd, typeof content === 'string' ? Buffer.from(content) : content);
    ownLikeParent(fd, dirname(path));
    fchmodSync(fd, mode); // after the change of owner, and whatever the umask is
    if (durable) fsyncSync(fd);
    return temporary;
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * Paths of the temporary files in `directory` that a killed {@link replaceFile} left. `names` are the entries of that
 * directory. Directories are never included.
 */
export function staleTemporaryFiles(
  directory: string,
  names: readonly string[],
  system: Pick<System, 'now' | 'isAlive'>,
): string[] {
  return temporaryFiles(names)
    .map(({ name, pid }) => ({ path: join(directory, name), pid }))
    .filter(({ path, pid }) => isLeftBy(pid, path, system) && !isDirectory(path))
    .map(({ path }) => path);
}

/** The temporary files of {@link replaceFile} among `names`, each with the pid of its writer. */
export function temporaryFiles(names: readonly string[]): { name: string; pid: number }[] {
  return names.flatMap((name) => {
    const writer = TEMPORARY.exec(name)?.[1];
    return writer === undefined ? [] : [{ name, pid: Number(writer) }];
  });
}

/**
 * Whether `path`, a temporary file or directory, was left behind because the process `writer` (a pid) has ended. Pids
 * are used again, so a path that is older than the longest write counts, too. False if there is nothing at `path`.
 */
export function isLeftBy(writer: number, path: string, { now, isAlive }: Pick<System, 'now' | 'isAlive'>): boolean {
  const age = ageOf(path, now());
  return age !== undefined && (age > LONGEST_WRITE_MS || !isAlive({ pid: writer }));
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** From making a temporary file to its rename it takes some ms, on a slow disk some seconds. */
const LONGEST_WRITE_MS = HOUR_MS;

/**
 * Removes the {@link staleTemporaryFiles} of `directory`. A file that cannot be removed stays: it does no harm.
 * Throws if `directory` cannot be read.
 */
export function removeStaleTemporaries(directory: string, system: Pick<System, 'now' | 'isAlive'>): void {
  const stale = staleTemporaryFiles(directory, readdirSync(directory), system);
  if (stale.length > 0) syncDirectory(directory); // one of them may be the second name of a file, see makeFile
  for (const path of stale) removeQuietly(path);
}

const TEMPORARY = /^\..+\.(\d+)-\d+\.tmp$/; // as openTemporary names them
let temporaries = 0;

function openTemporary(path: string, mode: number): { fd: number; temporary: string } {
  for (;;) {
    const name = `.${basename(path)}.${process.pid}-${++temporaries}.tmp`;
    const temporary = `${dirname(path)}/${name}`;
    try {
      return { fd: openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode), temporary };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error; // EEXIST: left by an earlier process with our pid
    }
  }
}
