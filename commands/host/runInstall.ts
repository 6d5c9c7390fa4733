import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import type { Output } from '../../host/terminal/output';

/**
 * Runs the trigger `install` of the plugin in the directory `tree`, in another process, whose runtime `host/run.sh`
 * has prepared for that work. `tree` must not lie below `enabled`: a call from there can be handed to another plugin.
 * Its warnings go to stderr. True if it exits with 0: every record is in a journal. Else a warning says so.
 */
export function runInstall(tree: string, output: Output): boolean {
  output.flush();
  const trigger = join(tree, 'install');
  const { status, signal, error } = spawnSync(trigger, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return true;
  const why = error === undefined && signal === null ? 'see above' : (error?.message ?? `${String(signal)} ended it`);
  output.warn(`Some records do not agree with their journals: ${why}`);
  return false;
}
