import path from 'node:path';
import * as tar from 'tar';
import { filesOf } from './replace-tree';

/** What is in every file's place for a time, so that one source makes one archive. */
const FIXED_TIME = new Date('1980-01-01T00:00:00Z');

/**
 * Writes the gzipped tar `file` of `directory`, with everything below one directory called `name`; links stay links.
 * The same content gives the same bytes: sorted, no owner, one fixed time. `level`: zlib's, 0 to 9.
 */
export async function writeTarball(directory: string, name: string, file: string, level = 9): Promise<void> {
  const options = {
    file,
    cwd: directory,
    prefix: name,
    portable: true, // no owner, no access times
    mtime: FIXED_TIME,
    gzip: { level },
    noDirRecurse: true,
  };
  await tar.create(options, withDirectories(filesOf(directory)));
}

/** Directories are named, too: they get their modes whatever the umask of who unpacks is. */
function withDirectories(files: readonly string[]): string[] {
  const directories = new Set(['.']);
  for (const file of files) {
    for (let up = path.dirname(file); up !== '.'; up = path.dirname(up)) directories.add(up);
  }
  return [...directories, ...files].sort();
}
