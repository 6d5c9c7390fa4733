import type { AppBuilds } from '../../host/dokku/paths';
import type { Warn } from '../../host/failure';
import { readEvents } from '../events/past';
import { type CommitTimes, countDeployment, deliveryOf, noDeployments } from './delivery';
import { count, countOpen, noStats, type OpenBuild } from './stats';
import type { NamedStats } from './statsView';

/** Inputs that are not in the journal. */
interface Surroundings {
  /** Only builds that started then (ms since the epoch) or later are counted. */
  readonly since: number | undefined;
  /** Whether a build that has not ended is running. Others were abandoned. */
  readonly isRunning: (build: OpenBuild) => boolean;
  readonly commitTimes?: CommitTimes;
  /** Called for each event. */
  readonly onEvent?: (() => void) | undefined;
}

/** Counts the builds in the whole journal of `builds`, a batch of events at a time. Throws `JournalNotReadable`. */
export function countJournal(
  builds: AppBuilds,
  warn: Warn,
  { since, isRunning, commitTimes, onEvent }: Surroundings,
): NamedStats {
  const stats = noStats(since);
  const deployments = noDeployments();
  readEvents(builds, warn, ({ event }) => {
    count(stats, event);
    countDeployment(deployments, event);
    onEvent?.();
  });
  countOpen(stats, isRunning);
  return { app: builds.app, stats, delivery: deliveryOf(deployments, since, commitTimes) };
}
