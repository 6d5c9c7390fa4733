import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';

import { CODE_CACHE } from '../host/everyday';

/**
 * Makes the directory `out` hold what `stage` holds, on the same file system; `stage` is used up.
 *
 * Where nothing is yet, the directory is renamed into place at once. Otherwise each file that differs is renamed over the
 * one that is there, and what is no longer part of the tree goes last: readers find every file whole at any time.
 */
export function replaceTree(stage: string, out: string): void {
  if (!existsSync(out)) {
    try {
      renameSync(stage, out);
      return;
    } catch (error) {
      if (!existsSync(out)) throw error; // else somebody else was first
    }
  }
  const wanted = filesOf(stage);
  for (const file of wanted) {
    const [from, to] = [path.join(stage, file), path.join(out, file)];
    if (sameFile(from, to)) continue;
    makeDirectory(path.dirname(to), out);
    renameSync(from, to);
  }
  const kept = new Set(wanted);
  for (const file of filesOf(out)) if (!kept.has(file)) rmSync(path.join(out, file), { force: true });
  removeEmptyDirectories(out);
}

/** Every file below `directory`, as sorted paths from it, without a plugin's code cache: calls that run meanwhile make and remove files there. */
export function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && path.basename(entry.parentPath) !== CODE_CACHE)
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort();
}

function sameFile(a: string, b: string): boolean {
  const there = statSync(b, { throwIfNoEntry: false });
  return there?.isFile() === true && there.mode === statSync(a).mode && readFileSync(a).equals(readFileSync(b));
}

function makeDirectory(directory: string, out: string): void {
  if (existsSync(directory)) return;
  if (directory !== out) makeDirectory(path.dirname(directory), out);
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o755); // whatever the umask
}

function removeEmptyDirectories(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === CODE_CACHE) continue;
    const inner = path.join(directory, entry.name);
    removeEmptyDirectories(inner);
    if (readdirSync(inner).length === 0) rmdirSync(inner);
  }
}
