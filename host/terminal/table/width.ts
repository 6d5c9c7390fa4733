import type * as measuring from 'string-width';

/**
 * Columns of a terminal that `text` takes: none for a mark that goes onto another character, two for a wide one (UAX
 * #11) or an emoji.
 */
export function widthOf(text: string): number {
  if (NARROW.test(text)) return text.length;
  const known = widths.get(text);
  if (known !== undefined) return known;
  // Loading it costs 3 ms of CPU, a fifth of builds:list.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  const { default: stringWidth } = require('string-width') as typeof measuring;
  const width = stringWidth(text);
  if (widths.size < MOST_KNOWN && text.length <= LONGEST_KNOWN) widths.set(text, width);
  return width;
}

/**
 * Latin, Greek and Cyrillic letters, dashes and quotes, arrows, boxes and bars, ticks: what most text that is not
 * ASCII is made of.
 */
export const NARROW =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2190-\u21ff\u2500-\u259f✓✔✗✘]*$/;

/** Widths of single characters. Logs are full of the same ones, and each costs 10 µs. */
const widths = new Map<string, number>();
const MOST_KNOWN = 2000;
const LONGEST_KNOWN = 16;

/** `text`, of one line and without control characters, in at most `columns`: what is cut off becomes an ellipsis. */
export function fit(text: string, columns: number, { unicode }: { readonly unicode: boolean }): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return '';
  return takeWithin(charactersOf(text), columns - 1).join('') + (unicode ? '…' : '~');
}

/** What a reader takes for one character each: a letter with its marks, a whole emoji (UAX #29). */
export function charactersOf(text: string): string[] {
  if (NARROW.test(text)) return text.split('');
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

let segmenter: Intl.Segmenter | undefined;

/** The first of `characters`, as many as fit into `columns`. */
function takeWithin(characters: readonly string[], columns: number): string[] {
  let width = 0;
  const end = characters.findIndex((character) => (width += widthOf(character)) > columns);
  return characters.slice(0, end < 0 ? characters.length : end);
}

/** The same in exactly `columns`. */
export function fitExactly(text: string, columns: number, terminal: { readonly unicode: boolean }): string {
  return padEnd(fit(text, columns, terminal), columns);
}

/** `text` with blanks behind it up to `columns`. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}
