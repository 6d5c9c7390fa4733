import {
  existsSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  renameSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import { errorCode, Failure } from '../failure';
import { ownLikeParent, removeFile, syncDirectory } from '../files/files';
import { ALONGSIDE_MARKER, ALONGSIDE_NAME } from './alongside';
import type { Host } from '../dokku/environment';
import { isPluginTree, readVersion } from './pluginTree';

/** Where plugn looks on `host`, and what we put there. Absolute paths. */
export interface Places {
  readonly enabled: string;
  readonly available: string;
  /** The link that decides who answers `builds:*`. */
  readonly builds: string;
  /** The link of the plugin that journals alongside. */
  readonly journal: string;
  /** A link to the installed tree, whatever its version: what administrators and systemd call. */
  readonly stable: string;
}

/** The name that it has as a plugin, unless `plugin:install` gave it another one. */
export const OWN_NAME = 'dokku-builds';

/** Throws {@link Failure} when there is no Dokku. */
export function placesOf(host: Host): Places {
  const enabled = join(host.pluginPath, 'enabled');
  const available = join(host.pluginPath, 'available');
  for (const directory of [enabled, available]) {
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) continue;
    throw new Failure(`There is no Dokku here: ${directory} is missing (PLUGIN_PATH says where its plugins are)`);
  }
  return {
    enabled,
    available,
    builds: join(enabled, 'builds'),
    journal: join(enabled, ALONGSIDE_NAME),
    stable: join(available, OWN_NAME),
  };
}

/** What a link of `enabled` stands for. */
export interface Plugin {
  /** What the link says; undefined when it is not a link. */
  readonly target: string | undefined;
  /** Where it leads to; undefined when that is not there. */
  readonly tree: string | undefined;
  /** Whether that is this plugin, of any version. */
  readonly ours: boolean;
  readonly version: string | undefined;
}

/** The plugin at `path`, a link or a directory; undefined when there is nothing. */
export function readPlugin(path: string): Plugin | undefined {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const tree = realPath(path);
  const ours = tree !== undefined && isPluginTree(tree);
  return { target: readTarget(path), tree, ours, version: tree === undefined ? undefined : readVersion(tree) };
}

/** What the link at `path` says; undefined when it is not a link. */
export function readTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (['ENOENT', 'EINVAL'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Whether a link in `directory` that says `target` leads anywhere. */
export function leadsSomewhere(directory: string, target: string): boolean {
  return realPath(resolve(directory, target)) !== undefined;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Names of the trees that installers have made in `available`, the one that was made last first. */
export function installedTrees(available: string): string[] {
  return readdirSync(available)
    .filter((name) => /^\.(dokku-builds|builds-journal)-.*-[0-9a-f]{8}$/.test(name))
    .map((name) => ({ name, made: statSync(join(available, name)).mtimeMs }))
    .sort((a, b) => b.made - a.made)
    .map(({ name }) => name);
}

/**
 * Names in `enabled`, other than `builds`, that lead to a whole tree of this plugin: it may answer `builds:*` through
 * them.
 */
export function ownNames({ enabled }: Places): string[] {
  return readdirSync(enabled)
    .filter((name) => name !== 'builds' && !name.startsWith('.'))
    .filter((name) => isPluginTree(join(enabled, name)) && !existsSync(join(enabled, name, ALONGSIDE_MARKER)))
    .sort();
}

/**
 * Makes `path` a link that says `target`, in one step: a reader follows the old link or the new one.
 */
export function replaceLink(path: string, target: string): void {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${process.pid}.tmp`); // plugn does not look at hidden names
  removeFile(temporary);
  symlinkSync(target, temporary);
  ownLikeParent(temporary, directory);
  renameSync(temporary, path);
  syncDirectory(directory);
}
