import { join } from 'node:path';

import type { Host } from './environment';
import { Failure, printable } from '../failure';
import {
  makeDirectory,
  readSmallFile,
  refuseLink,
  removeFile,
  removeStaleTemporaries,
  replaceFile,
} from '../system/files';
import type { AppName } from './names';
import { propertiesDirectory, type PropertyScope } from './paths';
import { isAlive } from '../system/processes';

/** How many finished builds an app keeps when nothing is set. */
export const DEFAULT_RETENTION = 20;

const PROPERTY_BYTES = 64 * 1024;

/**
 * The stored value without one trailing newline, '' when unset. Throws {@link Failure} for a link or more than 64 KiB.
 */
export function readProperty(host: Host, scope: PropertyScope, name: string): string {
  if (!refuseLink(propertiesDirectory(host, scope))) return '';
  const content = readSmallFile(propertyPath(host, scope, name), PROPERTY_BYTES);
  return content?.replace(/\n$/, '') ?? '';
}

/** Stores the bare value, as Dokku does: no newline, mode 0600, in directories of mode 0755. */
export function writeProperty(host: Host, scope: PropertyScope, name: string, value: string): void {
  refuseLink(propertiesDirectory(host, scope));
  makeDirectory(propertiesDirectory(host, scope), 0o755);
  replaceFile(propertyPath(host, scope, name), value, { mode: 0o600, durable: true });
  removeStaleTemporaries(propertiesDirectory(host, scope), (pid) => isAlive({ pid }));
}

/** Unsets a property, which may not be set. */
export function clearProperty(host: Host, scope: PropertyScope, name: string): void {
  refuseLink(propertiesDirectory(host, scope));
  removeFile(propertyPath(host, scope, name));
}

/**
 * How many finished builds to keep of `app`: its own retention, else the global one, else 20. A stored value that is
 * no whole number of at least 1 is warned about and passed over. A value that may not be read throws the system error:
 * to fall back to a smaller number would drop builds that were to be kept.
 */
export function resolveRetention(host: Host, app: AppName, warn: (message: string) => void): number {
  for (const scope of [app, '--global'] as const) {
    const retention = retentionIn(readRetention(host, scope, warn), scope, warn);
    if (retention !== undefined) return retention;
  }
  return DEFAULT_RETENTION;
}

/** The stored retentions of an app and of the host ('' when not set), and the one that applies. */
export interface Retentions {
  readonly own: string;
  readonly global: string;
  readonly computed: number;
}

/**
 * Tells the retentions of one app after the other; the global one is read once. Warns and throws as
 * {@link readProperty} and {@link resolveRetention} do.
 */
export function retentionsReader(host: Host, warn: (message: string) => void): (app: AppName) => Retentions {
  let global: string | undefined;
  return (app) => {
    const own = readProperty(host, app, 'retention');
    global ??= readProperty(host, '--global', 'retention');
    const computed = retentionIn(own, app, warn) ?? retentionIn(global, '--global', warn) ?? DEFAULT_RETENTION;
    return { own, global, computed };
  };
}

/** What `stored` says; undefined when it is unset, or no retention, which is warned about. */
function retentionIn(stored: string, scope: PropertyScope, warn: (message: string) => void): number | undefined {
  const retention = stored === '' ? undefined : parsePositiveInteger(stored);
  if (retention === undefined && stored !== '') warn(`Ignoring invalid retention "${printable(stored)}" of ${scope}`);
  return retention;
}

/** `text` as a whole number of at least 1, written in digits only; undefined for anything else. */
export function parsePositiveInteger(text: string): number | undefined {
  const number = /^[0-9]+$/.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(number) && number >= 1 ? number : undefined;
}

function readRetention(host: Host, scope: PropertyScope, warn: (message: string) => void): string {
  try {
    return readProperty(host, scope, 'retention');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    warn(`Ignoring invalid retention of ${scope}: ${error.message}`);
    return '';
  }
}

function propertyPath(host: Host, scope: PropertyScope, name: string): string {
  return join(propertiesDirectory(host, scope), name);
}
