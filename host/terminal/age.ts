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
 * How long ago something was: `40s ago`, `75m ago`, `30h ago`, `13d ago`, `7w ago`, `2y ago`. `ms` is never negative.
 */
export function formatAge(ms: number): string {
  return `${formatAgeAlone(ms)} ago`;
}

/** The same without `ago`. */
export function formatAgeAlone(ms: number): string {
  const [unit, length] = AGE_UNITS.find(([, each, least]) => ms >= each * least) ?? (['s', 1000] as const);
  return `${Math.floor(ms / length)}${unit}`;
}
