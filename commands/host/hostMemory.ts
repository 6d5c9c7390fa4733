import { join } from 'node:path';

import type { Host } from '../../host/dokku/environment';
import { readSmallFile, removeFile, replaceFile } from '../../host/system/files';
import type { Mode } from './hostPlaces';

/** What the installer has to know when the link it replaced is gone: kept in `$PLUGIN_PATH/dokku-builds.json`. */
export interface Memory {
  /** How it is installed; `none` while it is being uninstalled. */
  readonly mode: Mode | 'none';
  /** What `enabled/builds` said before it was ours; null when there was no such link. */
  readonly before: string | null;
}

const LIMIT_BYTES = 64 * 1024;

/** The memory of `host`; undefined when there is none that can be read: then Dokku's own link is taken for what was before. */
export function readMemory(host: Host): Memory | undefined {
  try {
    const { mode, before } = JSON.parse(readSmallFile(memoryPath(host), LIMIT_BYTES) ?? '') as Memory;
    if (!['replace', 'alongside', 'none'].includes(mode) || (before !== null && typeof before !== 'string'))
      return undefined;
    return { mode, before };
  } catch {
    return undefined;
  }
}

/** Throws system errors. */
export function writeMemory(host: Host, { mode, before }: Memory): void {
  replaceFile(memoryPath(host), `${JSON.stringify({ mode, before })}\n`, { mode: 0o644, durable: true });
}

/** Throws system errors. */
export function removeMemory(host: Host): void {
  removeFile(memoryPath(host));
}

/** Where plugn does not look, and whoever may write to it may change the links as well. */
export function memoryPath(host: Host): string {
  return join(host.pluginPath, 'dokku-builds.json');
}
