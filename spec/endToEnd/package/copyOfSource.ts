import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, lstatSync } from 'node:fs';
import { join } from 'node:path';

/** This repository. */
export const ROOT = join(__dirname, '..', '..', '..');

/**
 * Makes `directory` a copy of what is under version control here, and of the installed packages: further names of the
 * same files, if that can be.
 */
export function copyOfSource(directory: string): string {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    if (lstatSync(join(ROOT, file), { throwIfNoEntry: false })) cpSync(join(ROOT, file), join(directory, file));
  }
  const from = join(ROOT, 'node_modules');
  const to = join(directory, 'node_modules');
  // -T: the first cp may have left a part of `to`
  if (spawnSync('cp', ['-alT', from, to]).status !== 0) execFileSync('cp', ['-aT', from, to]);
  return directory;
}
