import { accessSync, constants, existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Host } from '../../host/dokku/environment';

/**
 * Called by `plugn trigger` with the app, the build id, the event's type and the build's status; the event is on its
 * stdin.
 */
export const EVENT_TRIGGER = 'builds-event';

const EVENT_LOG_PLUGIN = '20_events'; // has every trigger, and logs that it was called

/**
 * When the first of the plugins that have the trigger was enabled, ms since the epoch. Undefined if none has it, or
 * there is no plugn to call it. `path` is the variable PATH.
 */
export function listeningSince(host: Host, path: string): number | undefined {
  const plugins = listeningPlugins(host);
  if (plugins.length === 0 || !isOnPath('plugn', path)) return undefined;
  return Math.min(...plugins.map((plugin) => enabledAt(join(host.pluginPath, 'enabled', plugin))));
}

function listeningPlugins(host: Host): string[] {
  const enabled = join(host.pluginPath, 'enabled');
  if (!existsSync(enabled)) return [];
  return readdirSync(enabled).filter(
    (plugin) => plugin !== EVENT_LOG_PLUGIN && existsSync(join(enabled, plugin, EVENT_TRIGGER)),
  );
}

/**
 * A plugin is enabled by a link. A file system that does not keep the time of birth says 0: then it was always
 * enabled.
 */
function enabledAt(plugin: string): number {
  return lstatSync(plugin, { throwIfNoEntry: false })?.birthtimeMs ?? 0;
}

function isOnPath(program: string, path: string): boolean {
  return path.split(':').some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return directory !== '';
    } catch {
      return false;
    }
  });
}
