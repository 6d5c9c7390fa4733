const FIRST_MS = 1000;

/**
 * How long to wait before the next attempt after so many failures in a row (1 is the first), in ms: 1 s, then twice as
 * long each time, up to `longestMs`. `random` (from 0 up to 1) takes up to a quarter off, so that many hosts do not
 * keep step.
 */
export function backOff(failures: number, longestMs: number, random: number): number {
  return Math.min(FIRST_MS * 2 ** (failures - 1), longestMs) * (1 - random / 4);
}
