import { join } from 'node:path';

import type { Host } from '../../host/dokku/environment';
import type { PropertyScope } from '../../host/dokku/paths';
import { readProperty } from '../../host/dokku/properties';

/** Where the pages lie that are kept up to date, for a web server to serve: `$DOKKU_LIB_ROOT/data/builds-page`. */
export function pagesDirectory(host: Host): string {
  return join(host.libRoot, 'data', 'builds-page');
}

/** What is not a page: the request for an update, and the lock of the process that makes it. */
export function updateDirectory(host: Host): string {
  return join(pagesDirectory(host), '.update');
}

/** The page of all apps is `index.html`, that of an app `apps/<app>.html`. */
export function pagePath(host: Host, scope: PropertyScope): string {
  const directory = pagesDirectory(host);
  return scope === '--global' ? join(directory, 'index.html') : join(directory, 'apps', `${scope}.html`);
}

/** Whether the page of this scope is to be kept up to date. Throws what {@link readProperty} does. */
export function isPageOn(host: Host, scope: PropertyScope): boolean {
  return readProperty(host, scope, 'page') === 'on';
}
