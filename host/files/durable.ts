import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { makeDirectory, removeFile, syncDirectory } from './files';

/**
 * Removes a file or a link, durable: a power cut does not bring it back. Also if it is gone already, since a call that
 * was killed may have removed it. Throws system errors.
 */
export function removeDurably(path: string): void {
  removeFile(path);
  if (existsSync(dirname(path))) syncDirectory(dirname(path));
}

/**
 * Makes a directory as {@link makeDirectory} does, durable: the name of each directory that it makes is on disk when
 * it returns. Throws system errors.
 */
export function makeDurableDirectory(path: string, mode = 0o755): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(path);
  if (parent !== path) makeDurableDirectory(parent, mode);
  makeDirectory(path, mode);
  syncDirectory(parent);
}
