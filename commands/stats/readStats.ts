import { join } from 'node:path';

import { commitTimes } from '../../host/dokku/commitTimes';
import type { Host } from '../../host/dokku/environment';
import type { AppBuilds } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import { readEvents } from '../../projections/events/past';
import type { Warn } from '../../projections/problemWarnings';
import { countDeployment, deliveryOf, noDeployments } from '../../projections/stats/delivery';
import { count, countOpen, noStats } from '../../projections/stats/stats';
import type { NamedStats } from '../../projections/stats/statsView';

/**
 * Counts the builds in a whole journal, a batch of events at a time; with `since` (ms since the epoch) those that
 * started then or later. `onEvent` is called for each event.
 */
export function readStats(
  host: Host,
  builds: AppBuilds,
  warn: Warn,
  since: number | undefined,
  onEvent?: () => void,
): NamedStats {
  const counted = noStats(since);
  const deployments = noDeployments();
  readEvents(builds, warn, ({ event }) => {
    count(counted, event);
    countDeployment(deployments, event);
    onEvent?.();
  });
  countOpen(counted, ({ process }) => isAlive(process));
  const timesOf = (revisions: readonly string[]) => commitTimes(join(host.dokkuRoot, builds.app), revisions);
  return { app: builds.app, stats: counted, delivery: deliveryOf(deployments, since, timesOf) };
}
