import { dirname } from 'node:path';

import type { Host } from './environment';
import { makeDurableDirectory, removeDurably } from '../files/durable';
import { syncDirectory } from '../files/files';
import { readSmallFile, refuseLink } from '../files/openFile';
import { removeStaleTemporaries, replaceFile } from '../files/replaceFile';
import { propertiesDirectory, propertiesRoot, propertyPath, type PropertyScope } from './paths';
import { thisSystem } from '../system/system';

const PROPERTY_BYTES = 64 * 1024;

/**
 * The stored value without one trailing newline, '' when unset. Throws {@link Failure} for a link or more than 64 KiB.
 */
export function readProperty(host: Host, scope: PropertyScope, name: string): string {
  if (!refuseLink(propertiesDirectory(host, scope))) return '';
  const content = readSmallFile(propertyPath(host, scope, name), PROPERTY_BYTES);
  return content?.replace(/\n$/, '') ?? '';
}

/**
 * Stores the bare value, as Dokku does: no newline, mode 0600, in directories of mode 0755. Durable. Throws
 * {@link Failure} for a link in place of a directory, and system errors.
 */
export function writeProperty(host: Host, scope: PropertyScope, name: string, value: string): void {
  refuseLinks(host, scope);
  makeDurableDirectory(propertiesDirectory(host, scope), 0o755);
  replaceFile(propertyPath(host, scope, name), value, { mode: 0o600, durable: true });
  const root = propertiesRoot(host);
  for (const directory of [root, dirname(root)]) syncDirectory(directory); // a killed call may have made their entries
  removeStaleTemporaries(propertiesDirectory(host, scope), thisSystem);
}

/** Unsets a property, which may not be set. Durable. Throws as {@link writeProperty} does. */
export function clearProperty(host: Host, scope: PropertyScope, name: string): void {
  refuseLinks(host, scope);
  removeDurably(propertyPath(host, scope, name));
}

/** Refuses a link in place of a directory: it may lead anywhere. */
function refuseLinks(host: Host, scope: PropertyScope): void {
  refuseLink(propertiesRoot(host));
  refuseLink(propertiesDirectory(host, scope));
}

/** `text` as a whole number of at least 1, written in digits only; undefined for anything else. */
export function parsePositiveInteger(text: string): number | undefined {
  const number = /^[0-9]+$/.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(number) && number >= 1 ? number : undefined;
}
