import { visible } from '../printable';
import { padEnd, widthOf } from './width';

const GAP = '  ';

/**
 * A table as text: columns padded with blanks to their widest cell, two blanks between, none at the end of a line, every
 * line ended by a newline. Cells are made safe to print.
 */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((cells) => cells.map(visible));
  const widths = header.map((_, column) =>
    lines.reduce((most, cells) => Math.max(most, widthOf(cells[column] ?? '')), 0),
  );
  return lines.map((cells) => formatLine(cells, widths)).join('');
}

function formatLine(cells: readonly string[], widths: readonly number[]): string {
  const padded = widths.map((width, column) => padEnd(cells[column] ?? '', width));
  return `${padded.join(GAP).trimEnd()}\n`;
}
