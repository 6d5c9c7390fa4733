import { join } from 'node:path';

import type { Host } from '../dokku/environment';
import { removeDurably } from '../files/durable';
import { readSmallFile } from '../files/openFile';
import { replaceFile } from '../files/replaceFile';
import { INSTALLATION_FILE } from './role';

/** How the plugin is installed: in place of the stock one, or alongside it. */
export type Mode = 'replace' | 'alongside';

/** How it is installed, kept in `$PLUGIN_PATH/dokku-builds.json`: the link that it replaced says nothing any more. */
export interface Installation {
  /** `none` while it is being uninstalled. */
  readonly mode: Mode | 'none';
  /** What `enabled/builds` said before; null when there was no such link. */
  readonly before: string | null;
  /** The name in `enabled` that stands for it; null if there is none. */
  readonly name: string | null;
}

const LIMIT_BYTES = 64 * 1024;

/**
 * The installation on `host`; undefined if no valid file describes it. Then Dokku's own link counts as the one that
 * was there before.
 */
export function readInstallation(host: Host): Installation | undefined {
  try {
    const text = readSmallFile(installationPath(host), LIMIT_BYTES) ?? '';
    const { mode, before, name = null } = JSON.parse(text) as Partial<Installation>;
    if (mode === undefined || !['replace', 'alongside', 'none'].includes(mode)) return undefined;
    if (![before, name].every((value) => value === null || typeof value === 'string')) return undefined;
    return { mode, before: before ?? null, name };
  } catch {
    return undefined;
  }
}

/** Throws system errors. */
export function writeInstallation(host: Host, { mode, before, name }: Installation): void {
  replaceFile(installationPath(host), `${JSON.stringify({ mode, before, name })}\n`, { mode: 0o644, durable: true });
}

/** Durable. Throws system errors. */
export function removeInstallation(host: Host): void {
  removeDurably(installationPath(host));
}

/** A directory that plugn does not read. Only users who may also change the links may write to it. */
export function installationPath(host: Host): string {
  return join(host.pluginPath, INSTALLATION_FILE);
}
