import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Host } from '../../host/dokku/environment';
import type { PropertyScope } from '../../host/dokku/paths';
import { startSelfDetached } from '../../host/system/detached';
import { removeDurably } from '../../host/files/durable';
import { makeDirectory, removeFile } from '../../host/files/files';
import { replaceFile } from '../../host/files/replaceFile';
import { delivererState } from '../notifications/delivery/soleDeliverer';
import { isPageOn, pagePath, updateDirectory } from './keptPages';

/** Name of the program that brings the pages up to date. */
const PAGE_UPDATER = 'builds-update-pages';

/** There as long as something has changed that no page shows. */
const CHANGED_FILE = 'changed';

/**
 * Has the pages that show `app` brought up to date by a process that outlives this one, if there are such pages. To
 * be called after each event: it costs a look at two properties. Throws system errors.
 */
export function requestPages(host: Host, app: PropertyScope): void {
  if (isPageOn(host, '--global') || (app !== '--global' && isPageOn(host, app))) startUpdate(host);
}

/**
 * To be called after the property was changed for this scope. If its page is off, it is removed, durable: a web server
 * must not go on giving it out. Throws system errors.
 */
export function setPage(host: Host, scope: PropertyScope): void {
  if (!isPageOn(host, scope)) removeDurably(pagePath(host, scope));
  startUpdate(host);
}

/** Has all pages brought up to date. */
export function startUpdate(host: Host): void {
  const directory = updateDirectory(host);
  makeDirectory(directory);
  replaceFile(join(directory, CHANGED_FILE), '', { mode: 0o600, durable: false });
  if (delivererState(directory) !== 'alive') startSelfDetached(PAGE_UPDATER);
}

/** Whether pages are to be brought up to date. */
export function isUpdateRequested(directory: string): boolean {
  return existsSync(join(directory, CHANGED_FILE));
}

/** To be called before anything is read: what changes after that is another request. */
export function takeRequest(directory: string): void {
  removeFile(join(directory, CHANGED_FILE));
}
