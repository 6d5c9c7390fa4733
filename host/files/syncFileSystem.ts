import { spawnSync } from 'node:child_process';

import { Failure, printable } from '../failure';

/**
 * Everything that was written to the file system of `path` is on disk when this returns: syncfs(2), which Node.js does
 * not have, by sync(1) of coreutils. For a thousand new files it takes a tenth of the time of as many fsyncs. Throws
 * {@link Failure}.
 */
export function syncFileSystem(path: string): void {
  const { status, error, stderr } = spawnSync('sync', ['--file-system', path], { encoding: 'utf8' });
  if (status === 0) return;
  throw new Failure(`The file system of ${path} cannot be synced: ${printable(error?.message ?? stderr.trim())}`);
}
