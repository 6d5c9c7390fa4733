import { existsSync, lstatSync, readlinkSync } from 'node:fs';

import { ALONGSIDE_MARKER } from './alongside';
import { isPluginTree } from './pluginTree';

/** A name below Dokku's `plugins/enabled` that a call came through, and what was called there. */
export interface CalledThrough {
  /** The directory that `enabled` is in. */
  readonly plugins: string;
  readonly name: string;
  /** The executable, by its path from the plugin's root: `subcommands/list`. */
  readonly file: string;
}

/** What `path`, which a call was made by, says; undefined if that is not a plugin's. */
export function calledThrough(path: string): CalledThrough | undefined {
  const [, plugins, name, file] = /^(.*)\/enabled\/+([^/]+)\/+((?:subcommands\/+)?[^/]+)$/.exec(path) ?? [];
  return plugins === undefined || name === undefined || file === undefined ? undefined : { plugins, name, file };
}

/**
 * What a call has to do. Dokku keeps a plugin under a name of its own, and `builds` leads to it as well, so plugn
 * calls each trigger through both names. The call through `builds` acts.
 */
export type Role =
  | 'acts'
  /** The call through `builds` acts. */
  | 'stands aside'
  /** Enabled, and `builds` leads to another plugin. */
  | 'takes over'
  /** `builds` leads here, and the own name was disabled. */
  | 'gives back';

/** The file that says how it is installed, in `plugins`. */
export const INSTALLATION_FILE = 'dokku-builds.json';

export function roleOf({ plugins, name }: CalledThrough): Role {
  const builds = `${plugins}/enabled/builds`;
  if (name === 'builds') {
    const own = availableName(plugins, targetOf(builds));
    const enabled = own === undefined || lstatSync(`${plugins}/enabled/${own}`, { throwIfNoEntry: false });
    // A link that somebody made by hand is not an installation.
    return enabled !== undefined || !existsSync(`${plugins}/${INSTALLATION_FILE}`) ? 'acts' : 'gives back';
  }
  if (isPluginTree(builds)) return 'stands aside';
  return existsSync(`${plugins}/enabled/${name}/${ALONGSIDE_MARKER}`) ? 'acts' : 'takes over';
}

/**
 * The name in `available` that `target`, the text of a link in `enabled`, leads to. Undefined if it leads elsewhere.
 */
export function availableName(plugins: string, target: string): string | undefined {
  const [directory, name] = [target.slice(0, target.lastIndexOf('/')), target.slice(target.lastIndexOf('/') + 1)];
  return ['../available', `${plugins}/available`].includes(directory) ? name : undefined;
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
