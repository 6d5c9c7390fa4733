import fs from 'node:fs';

import { errorCode } from '../failure';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;

/**
 * Opens what `path` names, unless that is a link or not there; a pipe is not waited for. Throws other system errors.
 */
export function openEntry(path: string, flags = 0): number | undefined {
  try {
    return fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | flags);
  } catch (error) {
    if (['ELOOP', 'ENOTDIR', 'ENOENT', 'ENXIO', 'EACCES'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/**
 * The path of what is called `name` in the directory that `fd` is open on: whatever has become of the path of that
 * directory.
 */
export function entryOf(fd: number, name = ''): string {
  return `/proc/self/fd/${fd}/${name}`;
}

/**
 * Calls `work` with a descriptor of the directory `names`, one in the other from `root` on, and closes it. Each step
 * starts from the directory that the step before opened and follows no link: the owner of a directory on the way
 * cannot lead it elsewhere. Returns undefined without calling `work` if one of them is missing, or a link. `enter`
 * makes a missing directory in the one open on `fd`.
 */
export function inDirectory<T>(
  root: string,
  names: readonly string[],
  work: (fd: number) => T,
  enter: (fd: number, name: string) => void = () => undefined,
): T | undefined {
  let fd = fs.openSync(root, O_RDONLY | O_DIRECTORY); // the path of the host itself is trusted
  try {
    for (const name of names) {
      enter(fd, name);
      const next = openEntry(entryOf(fd, name), O_DIRECTORY);
      if (next === undefined) return undefined;
      fs.closeSync(fd);
      fd = next;
    }
    return work(fd);
  } finally {
    fs.closeSync(fd);
  }
}
