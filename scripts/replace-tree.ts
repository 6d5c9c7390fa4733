import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';

/**
 * Makes the directory `out` hold what `stage` holds, on the same file system; `stage` is used up.
 *
 * Where nothing is yet, the directory is renamed into place at once. Otherwise each file that differs is renamed over
 * the one that is there, and what is no longer part of the tree goes last: readers find every file whole at any time.
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

/** Every file below `directory`, as sorted paths from it. */
export function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** Every directory below `directory`, and itself. */
export function directoriesOf(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory());
  return [directory, ...below.map(({ parentPath, name }) => path.join(parentPath, name))];
}

/** Lets everybody read the directories in `directory`, and itself, whatever the umask of who made them. */
export function shareDirectories(directory: string): void {
  for (const one of directoriesOf(directory)) chmodSync(one, 0o755);
}

function sameFile(a: string, b: string): boolean {
  const [wanted, there] = [lstatSync(a), lstatSync(b, { throwIfNoEntry: false })];
  if (wanted.mode !== there?.mode) return false; // the type of the file is part of its mode
  if (wanted.ino === there.ino && wanted.dev === there.dev) return true;
  return wanted.isSymbolicLink() ? readlinkSync(a) === readlinkSync(b) : readFileSync(a).equals(readFileSync(b));
}

function makeDirectory(directory: string, out: string): void {
  if (existsSync(directory)) return;
  if (directory !== out) makeDirectory(path.dirname(directory), out);
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o755); // whatever the umask
}

function removeEmptyDirectories(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const inner = path.join(directory, entry.name);
    removeEmptyDirectories(inner);
    if (readdirSync(inner).length === 0) rmdirSync(inner);
  }
}
