import fs from 'node:fs';

import { printable, type Warn } from '../host/failure';
import { entryOf, openEntry } from '../host/files/ownedDirectory';
import { JOURNAL_FILE } from '../journal/file/journalFile';
import { CHECKPOINT_FILE } from '../journal/checkpoint';

/** Who the user `dokku` is. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The mode that a file of that name is to have; undefined leaves it as it is. */
export type ModeOf = (name: string, mode: number, byRoot: boolean) => number | undefined;

export const modeOfProperty: ModeOf = () => 0o600;

const OURS_ALONE: ReadonlySet<string> = new Set([JOURNAL_FILE, CHECKPOINT_FILE]);

export const modeOfData: ModeOf = (name, mode, byRoot) => {
  if (OURS_ALONE.has(name)) return (mode & 0o040) | 0o600; // they name keys and commands
  if (name.endsWith('.json')) return 0o644;
  return name.endsWith('.log') && byRoot ? 0o644 : undefined; // else it is as the deploy's user has it
};

/** How deep directories are walked. The program makes no deeper ones. */
const DEEPEST = 6;

/**
 * For root: gives what is called `name` in the directory that `fd` is open on to `owner`, with everything in it, and
 * gives the files of the program the modes that they have when that user makes them. This repairs files that root
 * made, and a backup that was restored as root.
 *
 * No link is followed, at any depth and whatever other processes change: each directory is opened once, and what is in
 * it is reached through that descriptor. Nothing about a file with a second name is changed: that name may lie
 * elsewhere.
 * `path` of that directory is for messages only. Warns of what it left alone.
 */
export function repairEntry(
  fd: number,
  name: string,
  path: string,
  owner: Owner,
  modeOf: ModeOf,
  warn: Warn,
  depth = 1,
): void {
  const modeOfFile = (stat: fs.Stats): number | undefined => modeOf(name, stat.mode & 0o777, stat.uid === 0);
  const there = fs.lstatSync(entryOf(fd, name), { throwIfNoEntry: false });
  if (there?.isFile() === true && isRight(there, owner, modeOfFile(there))) return; // most are
  const shown = `${path}/${printable(name)}`;
  const entry = openEntry(entryOf(fd, name));
  if (entry === undefined) {
    warn(`${shown} is a link, or cannot be opened; it is left as it is`);
    return;
  }
  try {
    const stat = fs.fstatSync(entry);
    if (stat.isDirectory() && depth <= DEEPEST) {
      change(entry, stat, owner, 0o755);
      for (const inner of fs.readdirSync(entryOf(entry))) {
        repairEntry(entry, inner, shown, owner, modeOf, warn, depth + 1);
      }
    } else if (stat.isDirectory()) warn(`${shown} is deeper than any file of builds; it is left as it is`);
    else if (!stat.isFile() || stat.nlink > 1)
      warn(`${shown} is not a regular file, or has a second name; it is left as it is`);
    else change(entry, stat, owner, modeOfFile(stat));
  } finally {
    fs.closeSync(entry);
  }
}

/** Gives the file or directory that `fd` is open on, and `stat` describes, to `owner`. */
export function change(fd: number, stat: fs.Stats, owner: Owner, mode: number | undefined): void {
  if (isRight(stat, owner, mode)) return;
  fs.fchownSync(fd, owner.uid, owner.gid);
  if (mode !== undefined) fs.fchmodSync(fd, mode);
}

function isRight(stat: fs.Stats, { uid, gid }: Owner, mode: number | undefined): boolean {
  return stat.uid === uid && stat.gid === gid && (mode === undefined || (stat.mode & 0o7777) === mode);
}
