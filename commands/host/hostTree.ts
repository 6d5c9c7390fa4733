import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { crc32 } from 'node:zlib';

import { ALONGSIDE_MARKER } from '../../host/plugin/alongside';
import { EXECUTABLE, isPluginTree, ownTree, readVersion, STRAY_LINK } from '../../host/plugin/pluginTree';
import { Failure } from '../../host/failure';
import { makeDurableDirectory } from '../../host/files/durable';
import { syncDirectory, syncFile } from '../../host/files/files';
import { replaceFile } from '../../host/files/replaceFile';
import { alongsideTriggers } from '../programs';

/** What a plugin tree consists of. */
export interface PluginTree {
  readonly version: string;
  readonly entries: readonly TreeEntry[];
}

/** A file that is copied, a file with a given text, or a link. `path` is from the tree's root. */
type TreeEntry =
  | { readonly type: 'file'; readonly path: string; readonly mode: 0o644 | 0o755; readonly source: string }
  | { readonly type: 'text'; readonly path: string; readonly text: string }
  | { readonly type: 'link'; readonly path: string; readonly target: string };

/** The tree that this program was started from. Throws {@link Failure} when it is not a whole one. */
export function readOwnTree(): PluginTree {
  const root = ownTree();
  const version = isPluginTree(root) ? readVersion(root) : undefined;
  if (version === undefined || existsSync(join(root, ALONGSIDE_MARKER))) {
    throw new Failure(`${root} is not a whole plugin tree; run the bin/dokku-builds of the unpacked package`);
  }
  return { version, entries: readEntries(root, root) };
}

function readEntries(root: string, directory: string): TreeEntry[] {
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry): TreeEntry[] => {
    const source = join(directory, entry.name);
    const path = relative(root, source);
    if (path === STRAY_LINK) return [];
    if (entry.isDirectory()) return readEntries(root, source);
    if (entry.isSymbolicLink()) return [{ type: 'link', path, target: readlinkSync(source) }];
    if (!entry.isFile()) return [];
    const mode = (lstatSync(source).mode & 0o100) === 0 ? 0o644 : 0o755;
    return [{ type: 'file', path, mode, source }];
  });
}

/** The part of a tree that works alongside the stock plugin, with these `commands`, marked as such. */
export function alongsideTree({ version, entries }: PluginTree, commands: ReadonlySet<string>): PluginTree {
  const offered = entries.filter(({ type, path }) => {
    if (type !== 'link' || path === 'commands') return true;
    const [folder = '', command] = path.split('/');
    return folder === 'subcommands' ? commands.has(command ?? '') : alongsideTriggers.has(path);
  });
  const text = 'The stock plugin answers builds:* on this host; this tree only journals.\n';
  return { version, entries: [...offered, { type: 'text', path: ALONGSIDE_MARKER, text }] };
}

/** Tells two trees of one version apart: 8 hex digits, a CRC-32. A SHA-256 takes ten times as long. */
export function digestOfTree({ entries }: PluginTree): string {
  let digest = 0;
  for (const entry of entries) {
    for (const part of [`${entry.path}\0`, contentOf(entry), '\0']) digest = crc32(part, digest);
  }
  return digest.toString(16).padStart(8, '0');
}

function contentOf(entry: TreeEntry): Buffer | string {
  if (entry.type === 'file') return readFileSync(entry.source);
  return entry.type === 'text' ? entry.text : entry.target;
}

/**
 * Makes `directory` hold `tree`: by one rename if it does not exist yet, else by replacing each entry that differs.
 * Everything is synced when this returns. Throws system errors.
 */
export function placeTree(tree: PluginTree, directory: string): void {
  if (existsSync(directory)) {
    writeEntries(tree, directory);
    return;
  }
  const stage = `${directory}.${process.pid}.tmp`;
  rmSync(stage, { recursive: true, force: true });
  makeDurableDirectory(stage);
  writeEntries(tree, stage);
  renameSync(stage, directory);
  syncDirectory(dirname(directory));
}

/** Whether `directory` holds all entries of `tree` as they are. */
export function holdsTree(tree: PluginTree, directory: string): boolean {
  return tree.entries.every((entry) => isThere(entry, join(directory, entry.path)));
}

function writeEntries({ entries }: PluginTree, directory: string): void {
  // The executable comes last: a directory without it is not taken for a plugin tree.
  for (const entry of entries.toSorted((a, b) => Number(a.path === EXECUTABLE) - Number(b.path === EXECUTABLE))) {
    const path = join(directory, entry.path);
    if (isThere(entry, path)) continue;
    makeDurableDirectory(dirname(path));
    if (entry.type === 'text') replaceFile(path, entry.text, { mode: 0o644, durable: true });
    else placeBeside(entry, path);
  }
}

/** Uses a rename, so that a call finds either the old entry or the new one. */
function placeBeside(entry: Exclude<TreeEntry, { type: 'text' }>, path: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.new`);
  rmSync(temporary, { force: true });
  if (entry.type === 'link') {
    symlinkSync(entry.target, temporary);
  } else {
    copyFileSync(entry.source, temporary, constants.COPYFILE_FICLONE);
    chmodSync(temporary, entry.mode);
    syncFile(temporary);
  }
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

function isThere(entry: TreeEntry, path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (entry.type === 'link') return stat?.isSymbolicLink() === true && readlinkSync(path) === entry.target;
  if (stat?.isFile() !== true) return false;
  if (entry.type === 'text') return readFileSync(path, 'utf8') === entry.text;
  return (
    (stat.mode & 0o777) === entry.mode &&
    stat.size === lstatSync(entry.source).size &&
    readFileSync(path).equals(readFileSync(entry.source))
  );
}
