import { parseTimestamp, toWholeSeconds } from '../../host/durations';
import { formatTable } from '../../host/terminal/table';
import type { Output } from '../../host/terminal/output';

/** How the caller wants to read a view. */
export interface Display {
  /** Whether colours are wanted if there is a terminal. */
  readonly colour: boolean;
  /** The text for a time of a record. */
  readonly time: (timestamp: string) => string;
}

/** What `--no-color` and `--relative` say; ages are counted to `now` (ms since the epoch). */
export async function displayOf(flags: { relative: boolean; noColor: boolean }, now: number): Promise<Display> {
  const colour = !flags.noColor;
  if (!flags.relative) return { colour, time: toWholeSeconds };
  const { formatAge } = await import('../../host/terminal/age');
  return { colour, time: (timestamp) => formatAge(Math.max(0, now - (parseTimestamp(timestamp) ?? now))) };
}

/** A titled table. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Prints a table: to fit a terminal, or as scripts read it, from its column names on. */
export async function printTable(output: Output, table: Table, display: Display): Promise<void> {
  if (output.isTerminal) (await import('./onTerminal')).printTableOnTerminal(output, table, display);
  else output.raw(formatTable(table.columns, table.rows));
}
