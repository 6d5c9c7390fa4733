import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where the executable lies in a plugin tree. */
export const EXECUTABLE = 'bin/dokku-builds';

/** The root of the plugin tree that this executable belongs to. Absolute, without links. */
export function ownTree(): string {
  return dirname(dirname(process.execPath));
}

/** Whether `directory` is a tree of this plugin, of any version. */
export function isPluginTree(directory: string): boolean {
  return existsSync(join(directory, EXECUTABLE)) || existsSync(join(directory, PROGRAM_FOR_NODE));
}

/** The program of the trees that ran on Node. A host may still have one. */
const PROGRAM_FOR_NODE = 'lib/dokku-builds.js';

/** What plugin.toml in `directory` says; undefined when there is none, or none that can be read. */
export function readVersion(directory: string): string | undefined {
  try {
    return /^version\s*=\s*"([^"]*)"/m.exec(readFileSync(join(directory, 'plugin.toml'), 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** What an upgrade of Dokku can put into the tree that `enabled/builds` leads to: its own link. */
export const STRAY_LINK = 'builds';
