import { type Colour, ink } from './colour';
import { visible } from '../printable';
import type { Terminal } from './terminal';
import { fit, widthOf } from './width';

/** A column of a table on a terminal. */
export interface Column {
  readonly name: string;
  /** Numbers, under each other at their last digit. */
  readonly right?: boolean;
  /** If the terminal is too narrow, the column is left out; the lower the number, the sooner. Without one it stays. */
  readonly gives?: number;
  /** Before that, when it would be its turn by `at`, it is cut to as few characters as `to`. */
  readonly cut?: { readonly to: number; readonly at: number };
  /** What colour a cell has; rows are counted from 0. */
  readonly colour?: (cell: string, row: number) => Colour | undefined;
}

const GAP = 2;
const HEADER_COLOUR = 'bold';

/** A table as text that fits the terminal: no line is longer than it is wide. Every line is ended by a newline. */
export function formatTerminalTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
): string {
  const cells = rows.map((row) => row.map(visible));
  const wide = columns.map(({ name }, n) =>
    cells.reduce((most, row) => Math.max(most, widthOf(row[n] ?? '')), name.length),
  );
  const isEmpty = columns.map((_, n) => cells.every((row) => (row[n] ?? '') === ''));
  const widths = narrow(columns, wide, isEmpty, terminal.columns ?? Number.POSITIVE_INFINITY);
  const header = formatLine(
    columns,
    columns.map(({ name }) => name),
    widths,
    terminal,
    () => HEADER_COLOUR,
  );
  const lines = cells.map((row, n) =>
    formatLine(columns, row, widths, terminal, (column, cell) => column.colour?.(cell, n)),
  );
  return [header, ...lines].map((line) => `${line}\n`).join('');
}

/** The width of each column, 0 for what is left out. One that says nothing is left out first. */
function narrow(
  columns: readonly Column[],
  wide: readonly number[],
  isEmpty: readonly boolean[],
  most: number,
): number[] {
  const widths = [...wide];
  const steps = columns.flatMap(({ gives, cut }, n) => [
    ...(gives === undefined ? [] : [{ n, at: isEmpty[n] ? 0 : gives, to: 0 }]),
    ...(cut === undefined ? [] : [{ n, ...cut }]),
  ]);
  for (const { n, to } of steps.sort((a, b) => a.at - b.at)) {
    const over = lengthOf(widths) - most;
    if (over <= 0) break;
    const width = widths[n] ?? 0;
    widths[n] = to === 0 ? 0 : Math.min(width, Math.max(to, width - over));
  }
  for (let n = widths.length - 1; n >= 0 && lengthOf(widths) > most; n--) {
    // a terminal of a few columns: from the right
    widths[n] = Math.max(0, (widths[n] ?? 0) - (lengthOf(widths) - most));
  }
  return widths;
}

function lengthOf(widths: readonly number[]): number {
  const shown = widths.filter((width) => width > 0);
  return shown.reduce((sum, width) => sum + width, 0) + GAP * Math.max(0, shown.length - 1);
}

function formatLine(
  columns: readonly Column[],
  row: readonly string[],
  widths: readonly number[],
  terminal: Terminal,
  colourOf: (column: Column, cell: string) => Colour | undefined,
): string {
  const shown = columns.map((column, n) => ({ column, cell: row[n] ?? '', width: widths[n] ?? 0 }));
  const padded = shown
    .filter(({ width }) => width > 0)
    .map(({ column, cell, width }) => {
      const text = fit(cell, width, terminal);
      const blanks = ' '.repeat(width - widthOf(text));
      const inked = ink(text, colourOf(column, cell), terminal);
      return column.right ? blanks + inked : inked + blanks;
    });
  return padded.join(' '.repeat(GAP)).trimEnd();
}
