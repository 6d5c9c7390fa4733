import { DAY_MS, toWholeSeconds } from '../../host/durations';
import type { AppName, BuildId } from '../../host/dokku/names';
import { type Delivery, deliveryFigures, type DeliveryFigures, deliveryJson, seconds } from './delivery';
import { medianOf } from './median';
import type { AppStats, Day, Tally } from './stats';

/** The stats of an app, under its name. */
export interface NamedStats {
  readonly app: AppName;
  readonly stats: AppStats;
  readonly delivery: Delivery;
}

/** Figures of some builds. Durations in ms, times in ms since the epoch; undefined if there is no data. */
export interface Figures {
  /** Their number, without abandoned ones. */
  readonly builds: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
  readonly abandoned: number;
  readonly running: number;
  /** 0 to 1: those that succeeded among those that succeeded or failed. */
  readonly successRate: number | undefined;
  readonly median: number | undefined;
  /** The least that 95 of 100 builds do not exceed (nearest rank). */
  readonly p95: number | undefined;
  readonly longest: { readonly app: AppName; readonly build: BuildId; readonly ms: number } | undefined;
  readonly lastSuccess: number | undefined;
}

/** What `builds:stats` shows. */
export interface StatsView {
  /** The period (ms since the epoch). It begins at `--since`, else with the first build. */
  readonly from: number | undefined;
  readonly now: number;
  readonly all: Figures;
  readonly perDay: number;
  readonly bySource: readonly (readonly [source: string, Figures])[];
  readonly byApp: readonly AppFigures[];
  readonly delivery: DeliveryFigures;
  /** Days on which builds started, oldest first. */
  readonly days: readonly (readonly [date: string, Day])[];
}

interface AppFigures {
  readonly app: AppName;
  readonly figures: Figures;
  readonly delivery: DeliveryFigures;
}

/** Adds up the stats of some apps at `now`; the most active sources and apps first. */
export function statsView(apps: readonly NamedStats[], since: number | undefined, now: number): StatsView {
  const parts = apps.flatMap(({ app, stats }) => partsOf(app, stats));
  const first = apps.reduce((earliest, { stats }) => Math.min(earliest, stats.first), Number.POSITIVE_INFINITY);
  const from = since ?? (first === Number.POSITIVE_INFINITY ? undefined : first);
  const all = figuresOf(parts);
  const elapsed = Math.max(1, (now - (from ?? now)) / DAY_MS);
  const deliveryOf = (some: readonly NamedStats[]): DeliveryFigures =>
    deliveryFigures(
      some.map(({ delivery }) => delivery),
      elapsed,
    );
  const named = groupBy(apps, ({ app }) => app);
  return {
    from,
    now,
    all,
    perDay: all.builds / elapsed,
    delivery: deliveryOf(apps),
    bySource: figuresBy(parts, ({ source }) => source),
    byApp: figuresBy(parts, ({ app }) => app).map(([app, figures]) => {
      return { app, figures, delivery: deliveryOf(named.get(app) ?? []) };
    }),
    days: mergedDays(apps),
  };
}

interface Part {
  readonly app: AppName;
  readonly source: string;
  readonly tally: Tally | undefined;
  readonly lastSuccess: number | undefined;
}

function partsOf(app: AppName, { bySource, lastSuccess }: AppStats): Part[] {
  const shown = new Set([...bySource.keys(), ...lastSuccess.keys()]);
  return [...shown].map((source) => ({
    app,
    source,
    tally: bySource.get(source),
    lastSuccess: lastSuccess.get(source),
  }));
}

function figuresBy<K extends string>(parts: readonly Part[], keyOf: (part: Part) => K): (readonly [K, Figures])[] {
  const counted = parts.filter(({ tally }) => tally !== undefined);
  return [...groupBy(counted, keyOf)]
    .map(([key, group]) => [key, figuresOf(group)] as const)
    .sort(([a, x], [b, y]) => y.builds - x.builds || (a < b ? -1 : 1));
}

function groupBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}

function figuresOf(parts: readonly Part[]): Figures {
  const sum = (of: (tally: Tally) => number): number =>
    parts.reduce((total, { tally }) => total + (tally === undefined ? 0 : of(tally)), 0);
  const succeeded = sum((tally) => tally.succeeded);
  const failed = sum((tally) => tally.failed);
  const canceled = sum((tally) => tally.canceled);
  const running = sum((tally) => tally.running);
  const durations = Float64Array.from(parts.flatMap(({ tally }) => tally?.durations ?? [])).sort();
  return {
    builds: succeeded + failed + canceled + running,
    succeeded,
    failed,
    canceled,
    abandoned: sum((tally) => tally.abandoned),
    running,
    successRate: succeeded + failed === 0 ? undefined : succeeded / (succeeded + failed),
    median: medianOf(durations),
    p95: durations[Math.ceil(0.95 * durations.length) - 1],
    longest: longestOf(parts),
    lastSuccess: parts.reduce<number | undefined>(
      (latest, { lastSuccess }) => (latest === undefined || (lastSuccess ?? 0) > latest ? lastSuccess : latest),
      undefined,
    ),
  };
}

function longestOf(parts: readonly Part[]): Figures['longest'] {
  let longest: Figures['longest'];
  for (const { app, tally } of parts) {
    if (tally?.longest !== undefined && tally.longest.ms > (longest?.ms ?? -1)) longest = { app, ...tally.longest };
  }
  return longest;
}

function mergedDays(apps: readonly NamedStats[]): (readonly [string, Day])[] {
  const merged = new Map<string, Day>();
  for (const { stats } of apps) {
    for (const [date, { builds, succeeded, failed }] of stats.days) {
      const day = merged.get(date) ?? { builds: 0, succeeded: 0, failed: 0 };
      merged.set(date, {
        builds: day.builds + builds,
        succeeded: day.succeeded + succeeded,
        failed: day.failed + failed,
      });
    }
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The JSON of `builds:stats`; `app` is null when it is about all. Durations and ages in seconds; null if there is no
 * data.
 */
export function statsJson(app: AppName | undefined, view: StatsView): object {
  const { from, now, all, perDay, bySource, byApp, delivery, days } = view;
  return {
    app: app ?? null,
    since: timeText(from) ?? null,
    until: timeText(now),
    ...figuresJson(all, now),
    builds_per_day: Math.round(perDay * 100) / 100,
    delivery: deliveryJson(delivery),
    sources: bySource.map(([source, figures]) => ({ source, ...figuresJson(figures, now) })),
    apps: byApp.map((one) => ({
      app: one.app,
      ...figuresJson(one.figures, now),
      delivery: deliveryJson(one.delivery),
    })),
    days: days.map(([date, day]) => ({ date, ...day })),
  };
}

function figuresJson(figures: Figures, now: number): object {
  const { successRate, median, p95, longest, lastSuccess, ...counts } = figures;
  return {
    ...counts,
    success_rate: successRate === undefined ? null : Math.round(successRate * 10_000) / 10_000,
    median_seconds: seconds(median),
    p95_seconds: seconds(p95),
    longest_seconds: seconds(longest?.ms),
    longest_build: longest === undefined ? null : { app: longest.app, build: longest.build },
    last_success_at: timeText(lastSuccess) ?? null,
    seconds_since_success: lastSuccess === undefined ? null : Math.max(0, Math.floor((now - lastSuccess) / 1000)),
  };
}

function timeText(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : toWholeSeconds(new Date(ms).toISOString());
}
