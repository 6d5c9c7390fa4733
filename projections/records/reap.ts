import { lstatSync } from 'node:fs';
import { join } from 'node:path';

import { parseTimestamp } from '../../host/durations';
import type { BuildCommand } from '../../journal/decide';
import type { Build } from '../../journal/history';

/**
 * The command that ends `dead` builds, each of whose processes is gone. `now` is ms since the epoch, when that had been found: until then
 * they may have written to their logs.
 */
export function reap(directory: string, dead: readonly Build[], now: number): BuildCommand {
  return {
    type: 'ReapBuilds',
    dead: dead.map((build) => ({ build: build.id, lastSign: lastSign(directory, build, now) })),
  };
}

/**
 * When a build gave its last sign of life, ms since the epoch: the last change of its log where that lies between its start and
 * `now`, else its start. Not when somebody looked.
 */
export function lastSign(directory: string, build: Build, now: number): number {
  const start = parseTimestamp(build.startedAt) ?? now;
  const changed = Math.floor(
    lstatSync(join(directory, `${build.id}.log`), { throwIfNoEntry: false })?.mtimeMs ?? start,
  );
  return changed >= start && changed <= now ? changed : start;
}
