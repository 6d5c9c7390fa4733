import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { CODE_CACHE } from '../host/everyday';
import { Failure } from '../host/failure';
import { makeDirectory, replaceFile, syncDirectory } from '../host/files';
import { ALONGSIDE_MARKER } from '../host/alongside';
import { alongsideCommands, alongsideTriggers } from './alongside';

/** What a plugin tree consists of: each file's path from the tree's root, its mode, its bytes. */
export interface PluginTree {
  readonly version: string;
  readonly files: readonly TreeFile[];
}

interface TreeFile {
  readonly path: string;
  readonly mode: 0o644 | 0o755;
  readonly content: Uint8Array;
}

const PROGRAM = 'lib/dokku-builds.js';

/** Whether `directory` is a tree of this plugin, of any version. */
export function isPluginTree(directory: string): boolean {
  return existsSync(join(directory, PROGRAM));
}

/** What plugin.toml in `directory` says; undefined when there is none, or none that can be read. */
export function readVersion(directory: string): string | undefined {
  try {
    return /^version\s*=\s*"([^"]*)"/m.exec(readFileSync(join(directory, 'plugin.toml'), 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** The tree that this program was started from. Throws {@link Failure} when it is not a whole one. */
export function readOwnTree(): PluginTree {
  const root = realpathSync(join(__dirname, '..'));
  const version = isPluginTree(root) ? readVersion(root) : undefined;
  if (version === undefined || existsSync(join(root, ALONGSIDE_MARKER))) {
    throw new Failure(`${root} is not a whole plugin tree; run the bin/dokku-builds of the unpacked package`);
  }
  return { version, files: readFiles(root, root) };
}

function readFiles(root: string, directory: string): TreeFile[] {
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry): TreeFile[] => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name === CODE_CACHE ? [] : readFiles(root, path);
    if (!entry.isFile()) return [];
    const mode = (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755;
    return [{ path: relative(root, path), mode, content: readFileSync(path) }];
  });
}

/** The part of a tree that works alongside the stock plugin, marked as such. */
export function alongsideTree({ version, files }: PluginTree): PluginTree {
  const offered = files.filter(({ path, mode }) => {
    if (mode !== 0o755 || path === 'commands' || path.startsWith('bin/')) return true;
    const [folder = '', command] = path.split('/');
    return folder === 'subcommands' ? alongsideCommands.has(command ?? '') : alongsideTriggers.has(path);
  });
  const content = Buffer.from('The stock plugin answers builds:* on this host; this tree only journals.\n');
  return { version, files: [...offered, { path: ALONGSIDE_MARKER, mode: 0o644, content }] };
}

/** Tells two trees of one version apart: 8 hex digits. */
export function digestOfTree({ files }: PluginTree): string {
  const hash = createHash('sha256');
  for (const { path, mode, content } of files) hash.update(`${path}\0${mode}\0${content.length}\0`).update(content);
  return hash.digest('hex').slice(0, 8);
}

/**
 * Makes `directory` hold `tree`: in one step when it is not there yet, else file by file what differs. Everything is on disk when
 * this returns. Throws system errors.
 */
export function placeTree(tree: PluginTree, directory: string): void {
  if (existsSync(directory)) {
    writeFiles(tree, directory);
    return;
  }
  const stage = `${directory}.${process.pid}.tmp`;
  rmSync(stage, { recursive: true, force: true });
  makeDirectory(stage);
  writeFiles(tree, stage);
  renameSync(stage, directory);
  syncDirectory(dirname(directory));
}

/** Whether `directory` holds all files of `tree` as they are. */
export function holdsTree(tree: PluginTree, directory: string): boolean {
  return tree.files.every((file) => isThere(file, join(directory, file.path)));
}

function writeFiles({ files }: PluginTree, directory: string): void {
  makeDirectory(join(directory, 'lib', CODE_CACHE)); // for whoever the tree belongs to, even if root calls it first
  // Called meanwhile, what starts the others must find those that it knows: it comes last.
  for (const file of files.toSorted((a, b) => Number(a.path === PROGRAM) - Number(b.path === PROGRAM))) {
    const path = join(directory, file.path);
    if (isThere(file, path)) continue;
    makeDirectory(dirname(path));
    replaceFile(path, file.content, { mode: file.mode, durable: true });
  }
}

function isThere({ mode, content }: TreeFile, path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && (stat.mode & 0o777) === mode && readFileSync(path).equals(content);
}
