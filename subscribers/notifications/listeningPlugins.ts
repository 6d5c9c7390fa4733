import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { isExecutable, triggersNamed } from '../../host/plugin/enabledPlugins';
import type { Host } from '../../host/dokku/environment';

/**
 * Called by `plugn trigger` with the app, the build id, the event's type and the build's status; the event is on its
 * stdin.
 */
export const EVENT_TRIGGER = 'builds-event';

/**
 * When the first of the plugins that have the trigger was enabled, ms since the epoch. Undefined if none has it, or
 * there is no plugn to call it. `path` is the variable PATH.
 */
export function listeningSince(host: Host, path: string): number | undefined {
  const triggers = triggersNamed(host, EVENT_TRIGGER);
  if (triggers.length === 0 || !isOnPath('plugn', path)) return undefined;
  return Math.min(...triggers.map((trigger) => enabledAt(dirname(trigger))));
}

/**
 * When the plugin was enabled: the birth of its link. A file system without times of birth gives 0; then the plugin
 * counts as enabled from the beginning.
 */
function enabledAt(plugin: string): number {
  return lstatSync(plugin, { throwIfNoEntry: false })?.birthtimeMs ?? 0;
}

function isOnPath(program: string, path: string): boolean {
  return path.split(':').some((directory) => directory !== '' && isExecutable(join(directory, program)));
}
