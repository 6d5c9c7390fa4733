import { visible } from '../printable';
import { widthOf } from './width';

const GAP = '  ';

/**
 * A table as text: columns padded with blanks to their widest cell, two blanks between, none at the end of a line,
 * every line ended by a newline. Cells are made safe to print.
 */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((cells) => cells.map(visible).map((text) => ({ text, width: widthOf(text) })));
  const widths = header.map((_, column) => lines.reduce((most, cells) => Math.max(most, cells[column]?.width ?? 0), 0));
  return lines.map((cells) => formatLine(cells, widths)).join('');
}

interface Cell {
  readonly text: string;
  readonly width: number;
}

function formatLine(cells: readonly Cell[], widths: readonly number[]): string {
  const padded = cells.map(({ text, width }, column) => text + ' '.repeat((widths[column] ?? 0) - width));
  return `${padded.join(GAP).trimEnd()}\n`;
}
