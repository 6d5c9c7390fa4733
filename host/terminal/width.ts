import type * as stringWidth from 'string-width';

/** Columns of a terminal that `text` takes: none for a mark that goes onto another character, two for a wide one (UAX #11) or an emoji. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loading it costs 3 ms of CPU, a fifth of builds:list
  const { default: width } = require('string-width') as typeof stringWidth;
  return width(text);
}

/** `text`, of one line and without control characters, in at most `columns`: what is cut off its end, or its start, becomes an ellipsis. */
export function fit(
  text: string,
  columns: number,
  { unicode }: { readonly unicode: boolean },
  keep: 'start' | 'end' = 'start',
): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return '';
  const ellipsis = unicode ? '…' : '~';
  const all = charactersOf(text);
  if (keep === 'start') return takeWithin(all, columns - 1).join('') + ellipsis;
  return (
    ellipsis +
    takeWithin(all.reverse(), columns - 1)
      .reverse()
      .join('')
  );
}

/** What a reader takes for one character each: a letter with its marks, a whole emoji (UAX #29). */
export function charactersOf(text: string): string[] {
  if (ASCII.test(text)) return text.split('');
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

const ASCII = /^[\x20-\x7e]*$/;
