import type { AppName } from '../../host/dokku/names';
import { parseTimestamp } from '../../host/durations';
import type { Recorded } from '../../journal/events';
import type { Outcome } from './pageHistory';
import type { SeenBuild } from '../records/record';
import type { BuildId } from '../../host/dokku/names';

/** An app as a page shows it. */
export interface PageApp {
  readonly app: AppName;
  /** Newest first. */
  readonly builds: readonly SeenBuild[];
  readonly events: ReadonlyMap<BuildId, readonly Recorded[]>;
  /** The latest ends, oldest first, those of builds that have left included. */
  readonly outcomes: readonly Outcome[];
}

/** What there is to count of one app, or of several. */
export interface Numbers {
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
  readonly running: number;
  readonly abandoned: number;
  /** Of the builds that succeeded or failed, in percent; undefined where there are none. Who cancels says nothing about a build. */
  readonly successRate: number | undefined;
  /** ms, of those that succeeded or failed; undefined where there are none. */
  readonly median: number | undefined;
}

/** Counts. */
export function numbersOf(outcomes: readonly Outcome[], builds: readonly SeenBuild[]): Numbers {
  const of = (status: Outcome['status']): number => outcomes.filter((outcome) => outcome.status === status).length;
  const seen = (status: SeenBuild['displayStatus']): number =>
    builds.filter(({ displayStatus }) => displayStatus === status).length;
  const [succeeded, failed] = [of('succeeded'), of('failed')];
  return {
    succeeded,
    failed,
    canceled: of('canceled'),
    running: seen('running'),
    abandoned: seen('abandoned'),
    successRate: succeeded + failed === 0 ? undefined : (100 * succeeded) / (succeeded + failed),
    median: medianOf(outcomes.filter(({ status }) => status !== 'canceled').map(({ ms }) => ms)),
  };
}

function medianOf(values: number[]): number | undefined {
  const sorted = values.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** `95 %`, with a digit more where it would hide a failure; a dash where there is nothing to say. */
export function rateText(rate: number | undefined): string {
  if (rate === undefined) return '–';
  return `${rate > 99 && rate < 100 ? (Math.floor(rate * 10) / 10).toFixed(1) : Math.round(rate)} %`;
}

const HOUR_MS = 3_600_000;
const SPANS: readonly (readonly [number, string])[] = [
  [HOUR_MS, 'hour'],
  [6 * HOUR_MS, '6 hours'],
  [24 * HOUR_MS, '24 hours'],
  [3 * 24 * HOUR_MS, '3 days'],
  [7 * 24 * HOUR_MS, '7 days'],
  [14 * 24 * HOUR_MS, '14 days'],
  [30 * 24 * HOUR_MS, '30 days'],
  [90 * 24 * HOUR_MS, '90 days'],
  [365 * 24 * HOUR_MS, 'year'],
];
const MOST_OF_THEM = 0.9;

/** The round span of time up to `now` (ms) that most of `starts` fall into, and what to call it. */
export function spanOf(starts: number[], now: number): { readonly from: number; readonly name: string } {
  const sorted = starts.sort((a, b) => b - a);
  const oldest = sorted[Math.floor((sorted.length - 1) * MOST_OF_THEM)] ?? now;
  const found = SPANS.find(([span]) => oldest >= now - span);
  if (found !== undefined) return { from: now - found[0], name: found[1] };
  const years = Math.ceil((now - oldest) / (365 * 24 * HOUR_MS));
  return { from: now - years * 365 * 24 * HOUR_MS, name: `${years} years` };
}

/** ms since the epoch. */
export function startOf({ build }: SeenBuild): number {
  const time = Date.parse(build.startedAt);
  return Number.isNaN(time) ? (parseTimestamp(build.startedAt) ?? 0) : time;
}
