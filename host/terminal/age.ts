/** Units, each with its length in ms, and how many of them an age has at least. */
export const AGE_UNITS = [
  ['y', 365 * 86_400_000, 2],
  ['w', 7 * 86_400_000, 4],
  ['d', 86_400_000, 2],
  ['h', 3_600_000, 2],
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
