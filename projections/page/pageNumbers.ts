import { medianOf } from '../stats/median';
import type { SeenBuild, SeenStatus } from '../records/record';
import type { Outcome } from './pageHistory';

/** Figures of one app, or of several. */
export interface Numbers {
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
  readonly running: number;
  readonly abandoned: number;
  readonly unknown: number;
  /**
   * Percent of the builds that succeeded or failed; undefined if there are none. A cancel says nothing about a build.
   */
  readonly successRate: number | undefined;
  /** ms, of those that succeeded or failed; undefined if there are none. */
  readonly median: number | undefined;
}

/** Counts ended builds by their outcomes, and running ones as they are shown. */
export function numbersOf(outcomes: readonly Outcome[], builds: readonly SeenBuild[]): Numbers {
  const ended = (status: Outcome['status']): number => outcomes.filter((outcome) => outcome.status === status).length;
  const shown = (status: SeenStatus): number => builds.filter(({ displayStatus }) => displayStatus === status).length;
  const [succeeded, failed] = [ended('succeeded'), ended('failed')];
  const durations = outcomes.filter(({ status }) => status !== 'canceled').map(({ ms }) => ms);
  return {
    succeeded,
    failed,
    canceled: ended('canceled'),
    running: shown('running'),
    abandoned: shown('abandoned'),
    unknown: shown('unknown'),
    successRate: rateOf(succeeded, failed),
    median: medianOf(Float64Array.from(durations).sort()),
  };
}

/** Percent; undefined if there are none. */
export function rateOf(succeeded: number, failed: number): number | undefined {
  return succeeded + failed === 0 ? undefined : (100 * succeeded) / (succeeded + failed);
}

/** `95 %`, with one more digit if it would hide a failure; a dash if there is nothing to say. */
export function rateText(rate: number | undefined): string {
  if (rate === undefined) return '–';
  return `${rate > 99 && rate < 100 ? (Math.floor(rate * 10) / 10).toFixed(1) : Math.round(rate)} %`;
}
