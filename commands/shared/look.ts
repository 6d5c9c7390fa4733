import type { Output } from '../../host/terminal/output';
import { parseTimestamp, toWholeSeconds } from '../../host/durations';
import { formatTable } from '../../host/terminal/table';

/** How somebody wants to see what a command shows. */
export interface Look {
  /** Whether colours are welcome where there is a terminal. */
  readonly colour: boolean;
  /** Text for a time of a record. */
  readonly time: (timestamp: string) => string;
}

/** What `--no-color` and `--relative` say; ages are counted to `now` (ms since the epoch). */
export async function readLook(switches: ReadonlySet<string>, now: number): Promise<Look> {
  const colour = !switches.has('no-color');
  if (!switches.has('relative')) return { colour, time: toWholeSeconds };
  const { formatAge } = await import('../../host/terminal/age');
  return { colour, time: (timestamp) => formatAge(Math.max(0, now - (parseTimestamp(timestamp) ?? now))) };
}

/** Prints a titled table: made for the terminal that stdout is, or as scripts read it where it is none. */
export async function printTable(
  output: Output,
  title: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  look: Look,
): Promise<void> {
  if (output.isTerminal) (await import('./onTerminal')).printTableOnTerminal(output, title, header, rows, look);
  else output.raw(formatTable(header, rows)); // scripts read it from its first line on
}
