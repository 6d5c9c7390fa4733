import { HOUR_MS } from '../../host/durations';
import type { Outcome } from './pageHistory';

/** How many builds ended in which way. */
export type Ends = Readonly<Record<Outcome['status'], number>>;

/** The ends of builds by the hour in which they began, in hours since the epoch. */
export type EndsByHour = Map<number, Ends>;

const NONE: Ends = { succeeded: 0, failed: 0, canceled: 0 };

/** Counts `outcome` in `ends`; with -1 it no longer counts. */
export function countEnd(ends: EndsByHour, { startedAt, status }: Outcome, times: 1 | -1 = 1): void {
  const hour = Math.floor(startedAt / HOUR_MS);
  const known = ends.get(hour) ?? NONE;
  ends.set(hour, { ...known, [status]: known[status] + times });
}

/** Counts the ends of `more` in `ends`, too. */
export function addEnds(ends: EndsByHour, more: ReadonlyMap<number, Ends>): void {
  for (const [hour, one] of more) ends.set(hour, sumOf([ends.get(hour) ?? NONE, one]));
}

export function sumOf(all: Iterable<Ends>): Ends {
  const sum = { ...NONE };
  for (const { succeeded, failed, canceled } of all) {
    sum.succeeded += succeeded;
    sum.failed += failed;
    sum.canceled += canceled;
  }
  return sum;
}

/** The number of builds. */
export function countOf({ succeeded, failed, canceled }: Ends): number {
  return succeeded + failed + canceled;
}
