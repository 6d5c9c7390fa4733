import { join } from 'node:path';

import { commitTimes } from '../../host/dokku/commitTimes';
import type { Host } from '../../host/dokku/environment';
import type { AppBuilds } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import type { Warn } from '../../host/failure';
import { countJournal } from '../../projections/stats/countJournal';
import type { NamedStats } from '../../projections/stats/statsView';

/**
 * Counts the builds in the whole journal of an app of this host; with `since` (ms since the epoch) those that started
 * then or later. `onEvent` is called for each event.
 */
export function readStats(
  host: Host,
  builds: AppBuilds,
  warn: Warn,
  since: number | undefined,
  onEvent?: () => void,
): NamedStats {
  return countJournal(builds, warn, {
    since,
    isRunning: ({ process }) => isAlive(process),
    commitTimes: (revisions) => commitTimes(join(host.dokkuRoot, builds.app), revisions),
    onEvent,
  });
}
