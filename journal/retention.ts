import type { BuildId } from '../host/dokku/names';
import type { Retention } from '../host/dokku/retention';
import { DAY_MS, parseTimestamp } from '../host/durations';
import { type Build, buildsOf, type History } from './history';

/** What the retention removes, each in the order of the journal. */
export interface BeyondRetention {
  /** Builds whose records and logs are removed. */
  readonly builds: BuildId[];
  /** Builds that stay on record. Only their logs are removed. */
  readonly logs: BuildId[];
}

/**
 * What is removed at `now` (ms since the epoch). By number, the oldest builds are removed first. By days, all builds
 * that ended longer ago. Running builds are not counted, and the most recent success stays: a row of failures, or a
 * year without a deploy, must not remove the build that an app runs on. Of the builds that stay, the newest keep their
 * logs.
 */
export function beyondRetention(history: History, retention: Retention, now: number): BeyondRetention {
  const finished = buildsOf(history).filter((build) => build.status !== 'running');
  const lastSuccess = finished.findLast((build) => build.status === 'succeeded');
  const removable = finished.filter((build) => build !== lastSuccess);
  const excess = finished.length - retention.builds;
  const oldest = retention.days === undefined ? Number.NEGATIVE_INFINITY : now - retention.days * DAY_MS;
  const gone = new Set(removable.filter((build, place) => place < excess || endOf(build) < oldest));
  const kept = finished.filter((build) => !gone.has(build));
  const withoutLog = retention.logs === undefined ? [] : kept.slice(0, -retention.logs);
  return { builds: idsOf([...gone]), logs: idsOf(withoutLog.filter((build) => build.logPruned !== true)) };
}

function idsOf(builds: readonly Build[]): BuildId[] {
  return builds.map(({ id }) => id);
}

/** When `build` ended, ms since the epoch. Infinity if it runs, or if its time cannot be read. */
function endOf(build: Build): number {
  return (build.status === 'running' ? undefined : parseTimestamp(build.finishedAt)) ?? Number.POSITIVE_INFINITY;
}
