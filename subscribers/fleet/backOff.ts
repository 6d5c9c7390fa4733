const LEAST_MS = 1000;
const MOST_MS = 300_000;

/**
 * How long to wait after so many failures in a row, in ms: 1 s, twice as long each time, at most 5 minutes; less by up
 * to half at random.
 */
export function backOff(failures: number, random: () => number): number {
  const longest = Math.min(LEAST_MS * 2 ** Math.min(failures, 20), MOST_MS);
  return longest * (1 - random() / 2);
}
