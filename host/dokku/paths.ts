import { join } from 'node:path';

import type { Host } from './environment';
import { refuseLink } from '../files/openFile';
import type { AppName, BuildId } from './names';

/** Scope of a property: one app, or the whole host. */
export type PropertyScope = AppName | '--global';

/** `$DOKKU_ROOT/<app>`: the app exists when this is a directory. */
export function appRoot(host: Host, app: AppName): string {
  return join(host.dokkuRoot, app);
}

/** Where the data of all apps' builds lies. */
export function buildsRoot(host: Host): string {
  return join(host.libRoot, 'data', 'builds');
}

/** Where one app's records, logs and journal lie. */
export function buildsDirectory(host: Host, app: AppName): string {
  return join(buildsRoot(host), app);
}

/** The mandated record of one build. */
export function recordPath(host: Host, app: AppName, id: BuildId): string {
  return join(buildsDirectory(host, app), `${id}.json`);
}

/** The mandated log of one build. */
export function logPath(host: Host, app: AppName, id: BuildId): string {
  return join(buildsDirectory(host, app), `${id}.log`);
}

/** The lock that a deploy of the app holds; its content is the build id. */
export function deployLockPath(host: Host, app: AppName): string {
  return join(host.libRoot, 'data', 'apps', app, '.deploy.lock');
}

/** Where the properties of all apps' builds lie. */
export function propertiesRoot(host: Host): string {
  return join(host.libRoot, 'config', 'builds');
}

/** Where the properties of one app, or the global ones, lie: one file each. */
export function propertiesDirectory(host: Host, scope: PropertyScope): string {
  return join(propertiesRoot(host), scope);
}

/** The file of the property `name`. */
export function propertyPath(host: Host, scope: PropertyScope, name: string): string {
  return join(propertiesDirectory(host, scope), name);
}

/** Where the builds of one app are kept. */
export interface AppBuilds {
  readonly app: AppName;
  /** {@link buildsDirectory} of the app. */
  readonly directory: string;
  /** {@link buildsRoot} of the host. */
  readonly buildsRoot: string;
  readonly mode: Mode;
  /** Called for each event that is read of a whole journal, to show progress. */
  readonly onRead?: () => void;
}

/**
 * - `owner`: this plugin writes the records.
 * - `alongside`: the stock plugin writes and removes records and logs; this one only appends to the journal.
 * - `reader`: nothing is written. Records that the journal does not know are adopted in memory.
 */
type Mode = 'owner' | 'alongside' | 'reader';

/** The place of an app's builds. Throws `Failure` if it is a link, which may lead anywhere. */
export function appBuilds(host: Host, app: AppName): AppBuilds {
  const directory = buildsDirectory(host, app);
  refuseLink(directory);
  return { app, directory, buildsRoot: buildsRoot(host), mode: host.alongside ? 'alongside' : 'owner' };
}
