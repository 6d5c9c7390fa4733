import { formatAge } from '../../host/terminal/age';
import type { Output } from '../../host/terminal/output';
import type { Recorded } from '../../journal/events';
import { eventColumns, eventRow } from '../../projections/events/eventView';

/** Prints events one by one. `where` is the app of an event; in a fleet, the host and the app. */
export interface EventTable {
  print(where: readonly string[], recorded: Recorded): void;
  /** To be called when all events that were read so far have been printed. */
  pause(): void;
  end(): void;
}

/** A column in front of the others, for the app or the host of an event. */
export interface WhereColumn {
  readonly name: string;
  /** Characters that are kept free for it. */
  readonly width: number;
}

/** How the caller wants to read the events. */
export interface Wanted {
  readonly where: readonly WhereColumn[];
  readonly colour: boolean;
  /** Ages instead of times. */
  readonly relative: boolean;
  /** What ages are counted to, ms since the epoch. */
  readonly now: number;
}

/** Opens a table of events: one that fits the terminal, or the table for scripts if stdout is not a terminal. */
export async function openTable(output: Output, wanted: Wanted): Promise<EventTable> {
  if (!output.isTerminal) return openPlainTable(output, wanted);
  return (await import('./eventsOnTerminal')).openTerminalTable(output, wanted);
}

/** Rows are printed one by one, so the widths are fixed. Nearly all values fit. */
const WIDTHS = [20, 5, 13, 14];

function openPlainTable(output: Output, { where, relative, now }: Wanted): EventTable {
  const widths = [...where.map(({ width }) => width), ...WIDTHS];
  const printRow = (cells: readonly string[]): void =>
    output.line(
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  const age = (at: number): string => formatAge(at, now);
  let begun = false;
  return {
    print(places, recorded) {
      if (!begun) printRow([...where.map(({ name }) => name), ...eventColumns]);
      begun = true;
      printRow([...places, ...eventRow(recorded, relative ? age : undefined)]);
    },
    pause: () => undefined,
    end() {
      if (!begun) output.line(NO_EVENTS);
    },
  };
}

export const NO_EVENTS = 'No events recorded';
