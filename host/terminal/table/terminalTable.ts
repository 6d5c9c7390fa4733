import { type Colour, ink } from '../colour';
import { visible } from '../../printable';
import type { Terminal } from '../terminal';
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
  return [...terminalTableLines(columns, rows, (row) => row, terminal)].map(([line]) => `${line}\n`).join('');
}

/**
 * The same line by line, the header first, without newlines, and with the item that the line is about. `items` are
 * iterated over twice, as by `tableLines`.
 */
export function* terminalTableLines<T>(
  columns: readonly Column[],
  items: Iterable<T>,
  cellsOf: (item: T) => readonly string[],
  terminal: Terminal,
): Generator<readonly [line: string, item?: T]> {
  const wide = columns.map(({ name }) => name.length);
  const isEmpty = columns.map(() => true);
  for (const item of items) {
    for (const [n, cell] of cellsOf(item).entries()) {
      wide[n] = Math.max(wide[n] ?? 0, widthOf(visible(cell)));
      if (cell !== '') isEmpty[n] = false;
    }
  }
  const widths = narrow(columns, wide, isEmpty, terminal.columns ?? Number.POSITIVE_INFINITY);
  const names = columns.map(({ name }) => name);
  yield [formatLine(columns, names, widths, terminal, () => HEADER_COLOUR)];
  let row = 0;
  for (const item of items) {
    const at = row++;
    const cells = cellsOf(item).map(visible);
    yield [formatLine(columns, cells, widths, terminal, (column, cell) => column.colour?.(cell, at)), item];
  }
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
