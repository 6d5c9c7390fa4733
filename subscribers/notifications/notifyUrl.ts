import { existsSync } from 'node:fs';

import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { propertyPath, type PropertyScope } from '../../host/dokku/paths';

/** The file of the property `notify-url`. */
export function urlPath(host: Host, scope: PropertyScope): string {
  return propertyPath(host, scope, 'notify-url');
}

/** Whether anything may have to be posted for `app`. Every deploy asks this. */
export function hasNotifyUrl(host: Host, app: AppName): boolean {
  return existsSync(urlPath(host, app)) || existsSync(urlPath(host, '--global'));
}
