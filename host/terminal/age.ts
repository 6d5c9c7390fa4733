const UNITS = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/**
 * How long ago something was: `40s ago`, `5m ago`, `3h ago`, `6d ago`, `7w ago`, `2y ago`, in the largest whole unit.
 * `ms` is never negative.
 */
export function formatAge(ms: number): string {
  const unit = UNITS.find(([, length]) => ms >= length);
  const text = unit === undefined ? `${Math.max(0, Math.floor(ms / 1000))}s` : `${Math.floor(ms / unit[1])}${unit[0]}`;
  return `${text} ago`;
}
