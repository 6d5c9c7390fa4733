import * as fs from 'node:fs';

import type { Host } from '../host/dokku/environment';
import { errorCode, printable } from '../host/failure';
import { buildsRoot, propertiesRoot } from '../host/dokku/paths';
import { JOURNAL_FILE } from '../journal/file/journalFile';
import { CHECKPOINT_FILE } from '../journal/checkpoint';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * When root runs this: gives everything in the builds' data and property directories to the owner of `$DOKKU_ROOT`, and the files
 * that are ours the modes they have when that user makes them. For what root made before, and a backup that was restored as root.
 *
 * No link is followed, at any depth and whatever is changed meanwhile: each directory is opened once, and what is in it is reached
 * through that descriptor. A file with a second name is left alone, since that name may lie elsewhere. Says what it left to `warn`.
 */
export function repairOwnership(host: Host, warn: (message: string) => void): void {
  const owner = fs.statSync(host.dokkuRoot, { throwIfNoEntry: false });
  if (process.geteuid?.() !== 0 || owner === undefined) return;
  for (const [root, modeOf] of [
    [buildsRoot(host), modeOfData],
    [propertiesRoot(host), modeOfProperty],
  ] as const) {
    const fd = openEntry(root, O_DIRECTORY);
    if (fd === undefined) continue;
    try {
      repairDirectory(fd, root, owner, modeOf, warn);
    } finally {
      fs.closeSync(fd);
    }
  }
}

/** The mode a file of that name is to have; undefined leaves it as it is. */
type ModeOf = (name: string, mode: number, byRoot: boolean) => number | undefined;

const modeOfProperty: ModeOf = () => 0o600;

const OURS_ALONE: ReadonlySet<string> = new Set([JOURNAL_FILE, CHECKPOINT_FILE]);

const modeOfData: ModeOf = (name, mode, byRoot) => {
  if (OURS_ALONE.has(name)) return (mode & 0o040) | 0o600; // they name keys and commands
  if (name.endsWith('.json')) return 0o644;
  return name.endsWith('.log') && byRoot ? 0o644 : undefined; // else it is as the deploy's user has it
};

function repairDirectory(
  fd: number,
  path: string,
  owner: Owner,
  modeOf: ModeOf,
  warn: (message: string) => void,
): void {
  change(fd, owner, 0o755);
  for (const name of fs.readdirSync(`/proc/self/fd/${fd}`)) {
    const shown = `${path}/${printable(name)}`;
    const entry = openEntry(`/proc/self/fd/${fd}/${name}`, 0);
    if (entry === undefined) {
      warn(`${shown} is a link, or cannot be opened; it is left as it is`);
      continue;
    }
    try {
      const stat = fs.fstatSync(entry);
      if (stat.isDirectory()) repairDirectory(entry, shown, owner, modeOf, warn);
      else if (!stat.isFile() || stat.nlink > 1) warn(`${shown} is not a plain file of one name; it is left as it is`);
      else change(entry, owner, modeOf(name, stat.mode & 0o777, stat.uid === 0));
    } finally {
      fs.closeSync(entry);
    }
  }
}

function change(fd: number, { uid, gid }: Owner, mode: number | undefined): void {
  const stat = fs.fstatSync(fd);
  if (stat.uid !== uid || stat.gid !== gid) fs.fchownSync(fd, uid, gid);
  if (mode !== undefined && (stat.mode & 0o7777) !== mode) fs.fchmodSync(fd, mode);
}

/** Opens what `path` names, unless that is a link; a pipe is not waited for. */
function openEntry(path: string, flags: number): number | undefined {
  try {
    return fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | flags);
  } catch (error) {
    if (['ELOOP', 'ENOTDIR', 'ENOENT', 'ENXIO', 'EACCES'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}
