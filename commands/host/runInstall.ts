import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import type { Output } from '../../host/terminal/output';

/**
 * Runs the trigger `install` of the plugin at `link` as Dokku does. In this process it would take a fifth more CPU
 * time: `host/run.sh` has the runtime compile less of it. Its warnings go to stderr. True if it adopted all records;
 * else a warning says so.
 */
export function runInstall(link: string, output: Output): boolean {
  output.flush();
  const trigger = join(link, 'install');
  const { status, signal, error } = spawnSync(trigger, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return true;
  const why = error === undefined && signal === null ? 'see above' : (error?.message ?? `${String(signal)} ended it`);
  output.warn(`Its trigger install could not write all existing records to the journal: ${why}`);
  return false;
}
