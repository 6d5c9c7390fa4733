import { visible } from '../../printable';
import { widthOf } from './width';

const GAP = '  ';

/**
 * A table as text: columns padded with blanks to their widest cell, two blanks between, none at the end of a line,
 * every line ended by a newline. Cells are made safe to print.
 */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [...tableLines(header, rows, (row) => row)].join('');
}

/**
 * The same line by line, for tables of any length: `items` are iterated over twice, once to measure and once to print,
 * and neither they nor their cells are kept.
 */
export function* tableLines<T>(
  header: readonly string[],
  items: Iterable<T>,
  cellsOf: (item: T) => readonly string[],
): Generator<string> {
  const widths = header.map((name) => widthOf(visible(name)));
  for (const item of items) {
    for (const [column, cell] of cellsOf(item).entries())
      widths[column] = Math.max(widths[column] ?? 0, widthOf(visible(cell)));
  }
  yield formatLine(header, widths);
  for (const item of items) yield formatLine(cellsOf(item), widths);
}

function formatLine(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map(visible).map((text, column) => text + ' '.repeat((widths[column] ?? 0) - widthOf(text)));
  return `${padded.join(GAP).trimEnd()}\n`;
}
