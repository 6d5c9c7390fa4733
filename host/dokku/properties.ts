import { join } from 'node:path';

import type { Host } from './environment';
import {
  makeDirectory,
  readSmallFile,
  refuseLink,
  removeFile,
  removeStaleTemporaries,
  replaceFile,
} from '../system/files';
import { propertiesDirectory, type PropertyScope } from './paths';
import { isAlive } from '../system/processes';

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

/** `text` as a whole number of at least 1, written in digits only; undefined for anything else. */
export function parsePositiveInteger(text: string): number | undefined {
  const number = /^[0-9]+$/.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(number) && number >= 1 ? number : undefined;
}

function propertyPath(host: Host, scope: PropertyScope, name: string): string {
  return join(propertiesDirectory(host, scope), name);
}
