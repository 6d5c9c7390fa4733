/** The median of sorted numbers: of an even count, the mean of the two in the middle. */
export function medianOf(sorted: ArrayLike<number>): number | undefined {
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.floor(sorted.length / 2)];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
