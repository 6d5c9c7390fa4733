const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30 * 60 * 1000;

/**
 * How long to wait after the failure number `failures` (1 is the first) before the next attempt, ms: 1 s, 2 s, 4 s …
 * up to half an hour, and up to a quarter more by `random` (from 0 up to 1), so that many hosts do not keep step.
 */
export function pauseAfter(failures: number, random: number): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
  return pause * (1 + random / 4);
}
