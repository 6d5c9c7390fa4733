import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';

import { listDirectory } from '../files/files';
import type { Host } from '../dokku/environment';

/** It has every trigger, and only logs that it was called. Dokku passes over it, too, when it asks plugins. */
const EVENT_LOG_PLUGIN = '20_events';

/** Paths of the executable `trigger` in the enabled plugins that have it, in the order of their names. */
export function triggersNamed(host: Host, trigger: string): string[] {
  const enabled = join(host.pluginPath, 'enabled');
  return listDirectory(enabled)
    .filter((plugin) => plugin !== EVENT_LOG_PLUGIN)
    .sort()
    .map((plugin) => join(enabled, plugin, trigger))
    .filter(isExecutable);
}

/** Whether this process may execute what is at `path`. */
export function isExecutable(path: string): boolean {
  if (!existsSync(path)) return false; // as nearly always, and without the cost of an exception
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
