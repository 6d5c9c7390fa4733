import { DAY_MS, HOUR_MS } from '../durations';

/** Units, each with its length in ms, and how many of them an age has at least. */
export const AGE_UNITS = [
  ['y', 365 * DAY_MS, 2],
  ['w', 7 * DAY_MS, 4],
  ['d', DAY_MS, 2],
  ['h', HOUR_MS, 2],
  ['m', 60_000, 1],
  ['s', 1000, 0],
] as const;

/**
 * How long before `now` the time `at` was, both in ms: `40s ago`, `75m ago`, `30h ago`, `13d ago`, `7w ago`, `2y ago`.
 * A time that is still to come, because a clock was wrong: `in 3h`.
 */
export function formatAge(at: number, now: number): string {
  return now - at > -1000 ? `${formatAgeAlone(Math.max(0, now - at))} ago` : `in ${formatAgeAlone(at - now)}`;
}

/** A time of `ms`, which is not negative, as one number: `40s`. */
export function formatAgeAlone(ms: number): string {
  const [unit, length] = AGE_UNITS.find(([, each, least]) => ms >= each * least) ?? (['s', 1000] as const);
  return `${Math.floor(ms / length)}${unit}`;
}
