import { parseTimestamp } from '../../host/durations';
import type { BuildId } from '../../host/dokku/names';
import type { ProcessIdentity } from '../../host/system/processes';
import { assertNever, type BuildEvent, type BuildFinished, type BuildStarted } from '../../journal/events';

/** Counts of the builds of one app and one source, for the part of the journal that was read. */
export interface Tally {
  succeeded: number;
  failed: number;
  canceled: number;
  /** Builds whose process ended without a report: their outcome is not known. */
  abandoned: number;
  running: number;
  /** ms, of those that succeeded or failed, in the order in which they ended. */
  readonly durations: number[];
  /** The one among them that took longest. */
  longest: { readonly build: BuildId; readonly ms: number } | undefined;
}

/** How many builds started on a day (UTC), and how they ended. Those that were abandoned are not among them. */
export interface Day {
  builds: number;
  succeeded: number;
  failed: number;
}

/** A build that no event has ended yet. */
export interface OpenBuild {
  readonly build: BuildId;
  readonly source: string;
  readonly process: ProcessIdentity;
  /** ms since the epoch. */
  readonly startedAt: number;
}

/**
 * The fold of the events of one app. It grows by a number for each build that ended, and by an entry for each day and
 * source.
 */
export interface AppStats {
  /** Only builds that started then (ms since the epoch) or later are counted. */
  readonly since: number;
  readonly bySource: Map<string, Tally>;
  /** By date, `2026-04-30`. */
  readonly days: Map<string, Day>;
  readonly open: Map<BuildId, OpenBuild>;
  /** Builds whose end was inferred, which a report may still correct. */
  readonly inferred: Map<BuildId, OpenBuild & { readonly status: 'succeeded' | 'failed' }>;
  /** Start of the earliest build that was counted (ms since the epoch); Infinity when none was. */
  first: number;
  /** When a build last succeeded (ms since the epoch), by source, counted or not. */
  readonly lastSuccess: Map<string, number>;
}

/** Before anything has happened. */
export function noStats(since = Number.NEGATIVE_INFINITY): AppStats {
  const stats = { bySource: new Map(), days: new Map(), open: new Map(), inferred: new Map(), lastSuccess: new Map() };
  return { since, ...stats, first: Number.POSITIVE_INFINITY };
}

/**
 * Counts `event` in `stats`, which is changed. A build that was pruned later counts like any other; a discarded one
 * does not count.
 */
export function count(stats: AppStats, event: BuildEvent): void {
  switch (event.type) {
    case 'BuildStarted':
      stats.open.set(event.build, opened(event));
      return;
    case 'BuildFinished':
      if (event.cause === 'exit') correct(stats, event);
      end(stats, event.build, (build) => {
        if (event.cause !== 'exit') stats.inferred.set(event.build, { ...build, status: event.status });
        finish(stats, build, event);
        return event.status;
      });
      return;
    case 'BuildCanceled':
      end(stats, event.build, () => 'canceled');
      return;
    case 'Pruned':
      for (const build of event.builds) {
        stats.inferred.delete(build);
        if (event.reason === 'discarded') stats.open.delete(build);
        else end(stats, build, () => 'abandoned'); // it was dead, or it would not have been pruned
      }
      return;
    default:
      assertNever(event);
  }
}

/**
 * Counts those that have not ended, when the journal has been read to its end: they are running, or were abandoned.
 */
export function countOpen(stats: AppStats, alive: (build: OpenBuild) => boolean): void {
  for (const build of [...stats.open.values()]) end(stats, build.build, () => (alive(build) ? 'running' : 'abandoned'));
}

function opened({ build, source, process, startedAt }: BuildStarted): OpenBuild {
  return { build, source, process, startedAt: parseTimestamp(startedAt) ?? 0 };
}

type Outcome = 'succeeded' | 'failed' | 'canceled' | 'abandoned' | 'running';

function end(stats: AppStats, id: BuildId, outcomeOf: (build: OpenBuild) => Outcome): void {
  const build = stats.open.get(id);
  if (build === undefined) return;
  stats.open.delete(id);
  const outcome = outcomeOf(build);
  if (build.startedAt < stats.since) return;
  tallyOf(stats, build.source)[outcome] += 1;
  stats.first = Math.min(stats.first, build.startedAt);
  if (outcome === 'abandoned') return;
  const day = dayOf(stats, build.startedAt);
  day.builds += 1;
  if (outcome === 'succeeded' || outcome === 'failed') day[outcome] += 1;
}

/** A report replaces an end that was inferred. */
function correct(stats: AppStats, event: BuildFinished): void {
  const build = stats.inferred.get(event.build);
  if (build === undefined) return;
  stats.inferred.delete(event.build);
  if (build.startedAt >= stats.since) {
    const [tally, day] = [tallyOf(stats, build.source), dayOf(stats, build.startedAt)];
    for (const counts of [tally, day]) {
      counts[build.status] -= 1;
      counts[event.status] += 1;
    }
  }
  finish(stats, build, event);
}

/** The duration of a build that reported nothing is not known: its end is its last sign of life. */
function finish(stats: AppStats, build: OpenBuild, { status, cause, finishedAt }: BuildFinished): void {
  const { source, startedAt } = build;
  const finished = parseTimestamp(finishedAt) ?? startedAt;
  if (status === 'succeeded') {
    stats.lastSuccess.set(source, Math.max(finished, stats.lastSuccess.get(source) ?? Number.NEGATIVE_INFINITY));
  }
  if (startedAt < stats.since || cause !== 'exit') return;
  const tally = tallyOf(stats, source);
  const ms = Math.max(0, finished - startedAt);
  tally.durations.push(ms);
  if (tally.longest === undefined || ms > tally.longest.ms) tally.longest = { build: build.build, ms };
}

function tallyOf({ bySource }: AppStats, source: string): Tally {
  let tally = bySource.get(source);
  if (tally === undefined) {
    tally = { succeeded: 0, failed: 0, canceled: 0, abandoned: 0, running: 0, durations: [], longest: undefined };
    bySource.set(source, tally);
  }
  return tally;
}

function dayOf({ days }: AppStats, at: number): Day {
  const date = new Date(at).toISOString().slice(0, 10);
  let day = days.get(date);
  if (day === undefined) {
    day = { builds: 0, succeeded: 0, failed: 0 };
    days.set(date, day);
  }
  return day;
}
