import { parseTimestamp, toWholeSeconds } from '../../host/durations';

/** How the caller wants to read a view. */
export interface Display {
  /** Whether colours are wanted if there is a terminal. */
  readonly colour: boolean;
  /** The text for a time of a record. */
  readonly time: (timestamp: string) => string;
}

/** The display that `--no-color` and `--relative` ask for. Ages are counted to `now` (ms since the epoch). */
export async function displayOf(flags: { relative: boolean; noColor: boolean }, now: number): Promise<Display> {
  const colour = !flags.noColor;
  if (!flags.relative) return { colour, time: toWholeSeconds };
  const { formatAge } = await import('../../host/terminal/age');
  return { colour, time: (timestamp) => formatAge(parseTimestamp(timestamp) ?? now, now) };
}
