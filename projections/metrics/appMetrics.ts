import { parseTimestamp } from '../../host/durations';
import type { BuildId } from '../../host/dokku/names';
import type { ProcessIdentity } from '../../host/system/processes';
import { assertNever, type BuildEvent, type Kind } from '../../journal/events';

/** The outcomes that the metrics distinguish. */
export const endings = ['succeeded', 'failed', 'canceled', 'abandoned'] as const;
type Ending = (typeof endings)[number];

/** Upper bounds of the buckets of the histogram of durations, seconds; the last bucket has none. */
export const BUCKETS = [5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600] as const;

/** The builds of one source. */
interface SourceMetrics {
  readonly kind: Kind;
  readonly ended: Record<Ending, number>;
  /**
   * How many builds that succeeded or failed fall into each of {@link BUCKETS} (not cumulative), and into the last
   * bucket.
   */
  readonly buckets: number[];
  /** Sum of their durations, seconds. */
  seconds: number;
}

/** A build that no event has ended. */
export interface OpenBuild {
  readonly source: string;
  readonly process: ProcessIdentity;
  /** ms since the epoch. */
  readonly startedAt: number;
}

type Reported = 'succeeded' | 'failed';

/**
 * The fold of the events of one app. Numbers only grow: an end is counted when it is first recorded, and a report that
 * corrects it is counted as a correction.
 */
export interface AppMetrics {
  readonly sources: Map<string, SourceMetrics>;
  /** How many concluded ends a later report has corrected, by the outcome that was reported. */
  readonly corrections: Record<Reported, number>;
  readonly open: Map<BuildId, OpenBuild>;
  /** The ends that were concluded and may still be corrected, at most 64. */
  readonly inferred: Map<BuildId, Reported>;
  /** When a build last succeeded, ms since the epoch. */
  lastSuccess: number | undefined;
}

/** Before anything has happened. */
export function noMetrics(): AppMetrics {
  const corrections = { succeeded: 0, failed: 0 };
  return { sources: new Map(), corrections, open: new Map(), inferred: new Map(), lastSuccess: undefined };
}

const INFERRED_KEPT = 64;

/** Adds `event` to `metrics`, which is changed. */
export function addEvent(metrics: AppMetrics, event: BuildEvent): void {
  switch (event.type) {
    case 'BuildStarted': {
      const { build, kind, source, process, startedAt } = event;
      if (!metrics.sources.has(source)) metrics.sources.set(source, noneOf(kind));
      metrics.open.set(build, { source, process, startedAt: parseTimestamp(startedAt) ?? 0 });
      return;
    }
    case 'BuildFinished': {
      const { build, status, cause } = event;
      const finishedAt = parseTimestamp(event.finishedAt) ?? 0;
      if (status === 'succeeded') metrics.lastSuccess = Math.max(metrics.lastSuccess ?? 0, finishedAt);
      if (metrics.open.has(build)) end(metrics, build, cause === 'abandoned' ? 'abandoned' : status, finishedAt);
      else correct(metrics, build, status);
      if (cause !== 'exit') remember(metrics, build, status);
      return;
    }
    case 'BuildCanceled':
      end(metrics, event.build, 'canceled');
      return;
    case 'Pruned':
      for (const build of event.builds) {
        if (event.reason === 'discarded')
          metrics.open.delete(build); // it never was a build
        else end(metrics, build, 'abandoned'); // it was dead, or it would not have been pruned
      }
      return;
    default:
      assertNever(event);
  }
}

function noneOf(kind: Kind): SourceMetrics {
  const ended = { succeeded: 0, failed: 0, canceled: 0, abandoned: 0 };
  return { kind, ended, buckets: Array.from({ length: BUCKETS.length + 1 }, () => 0), seconds: 0 };
}

/** `finishedAt`: when a build ended, ms since the epoch, if that is known. */
function end(metrics: AppMetrics, build: BuildId, ending: Ending, finishedAt?: number): void {
  const open = metrics.open.get(build);
  const source = open && metrics.sources.get(open.source);
  if (open === undefined || source === undefined) return;
  metrics.open.delete(build);
  source.ended[ending] += 1;
  if (finishedAt === undefined || (ending !== 'succeeded' && ending !== 'failed')) return;
  const seconds = Math.max(0, finishedAt - open.startedAt) / 1000;
  const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
  const place = bucket < 0 ? BUCKETS.length : bucket;
  source.buckets[place] = (source.buckets[place] ?? 0) + 1;
  source.seconds += seconds;
}

function remember({ inferred }: AppMetrics, build: BuildId, status: Reported): void {
  inferred.set(build, status);
  const [oldest] = inferred.keys();
  if (inferred.size > INFERRED_KEPT && oldest !== undefined) inferred.delete(oldest);
}

function correct({ inferred, corrections }: AppMetrics, build: BuildId, status: Reported): void {
  const before = inferred.get(build);
  inferred.delete(build);
  if (before !== undefined && before !== status) corrections[status] += 1;
}

/** The metrics as JSON can hold them. */
export function metricsToJson({ sources, corrections, open, inferred, lastSuccess }: AppMetrics): object {
  return { sources: [...sources], corrections, open: [...open], inferred: [...inferred], lastSuccess };
}

/** The reverse of {@link metricsToJson}; for what that gave and nothing else. */
export function metricsFromJson(json: MetricsJson): AppMetrics {
  const { sources, corrections, open, inferred, lastSuccess } = json;
  return { sources: new Map(sources), corrections, open: new Map(open), inferred: new Map(inferred), lastSuccess };
}

/** What {@link metricsToJson} gives. */
export interface MetricsJson {
  readonly sources: [string, SourceMetrics][];
  readonly corrections: Record<Reported, number>;
  readonly open: [BuildId, OpenBuild][];
  readonly inferred: [BuildId, Reported][];
  readonly lastSuccess?: number;
}
