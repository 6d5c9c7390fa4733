import type { Span } from './table/row';
import { Screen } from './screen';
import { charactersOf, widthOf } from './table/width';

/*
 * What programs print for a terminal, as somebody at a terminal would read it: with progress bars at their end,
 * without control characters. The control functions are those of ECMA-48 and xterm that build tools use to write over
 * what they have printed.
 */

/** A line as it is seen: pieces of text, each in its style. */
export type PrintedLine = readonly Span[];

/** Reads what was printed. A line break at the end begins no line. */
export function readPrinted(text: string): PrintedLine[] {
  const screen = new Screen();
  let at = 0;
  for (const match of text.matchAll(CONTROL)) {
    if (match.index > at) screen.write(text.slice(at, match.index));
    at = match.index + match[0].length;
    const [whole, parameters, final, place, set, escaped] = match;
    if (parameters !== undefined) screen.controlSequence(parameters, final ?? '');
    else if (place !== undefined) screen.characterSet(place, set ?? '');
    else if (escaped !== undefined) screen.escape(escaped);
    else screen.control(whole);
  }
  if (at < text.length) screen.write(text.slice(at));
  const lines = screen.lines();
  if (lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

/** The same without the styles. */
export function readPrintedText(text: string): string[] {
  return readPrinted(text).map(textOf);
}

/** The text of a line. */
export function textOf(line: PrintedLine): string {
  return line.map(({ text }) => text).join('');
}

/** Columns that a line takes. */
export function lineWidth(line: PrintedLine): number {
  return line.reduce((width, { text }) => width + widthOf(text), 0);
}

/**
 * The part of a line from column `from` on, in at most `columns`. Of a wide character at either edge nothing is left.
 */
export function sliceLine(line: PrintedLine, from: number, columns: number): PrintedLine {
  let at = 0;
  const spans: Span[] = [];
  for (const { text, style } of line) {
    const width = widthOf(text);
    if (at + width > from && at < from + columns) {
      const kept = within(text, from - at, from + columns - at);
      if (kept !== '') spans.push({ text: kept, style });
    }
    at += width;
  }
  return spans;
}

/** The characters of `text` that lie whole between two columns. */
function within(text: string, from: number, to: number): string {
  let at = 0;
  return charactersOf(text)
    .filter((character) => {
      const start = at;
      at += widthOf(character);
      return start >= from && at <= to;
    })
    .join('');
}

/** A line in pieces of at most `columns`, at least one. */
export function wrapLine(line: PrintedLine, columns: number): PrintedLine[] {
  const pieces: PrintedLine[] = [];
  let [piece, width]: [Span[], number] = [[], 0];
  for (const { text, style } of line) {
    let kept = '';
    for (const character of charactersOf(text)) {
      const own = widthOf(character);
      if (width + own > columns && width > 0) {
        if (kept !== '') piece.push({ text: kept, style });
        pieces.push(piece);
        [piece, width, kept] = [[], 0, ''];
      }
      kept += character;
      width += own;
    }
    if (kept !== '') piece.push({ text: kept, style });
  }
  return [...pieces, piece];
}

/*
 * CSI (1: parameters, 2: final character, without intermediate ones), then OSC and the other strings, then ESC with
 * intermediate characters (3) and a final one (4), then ESC and one character (5), then the characters alone. A string
 * without an end ends with its line, so that it cannot swallow the log behind it.
 */
const CONTROL =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /(?:\u001b\[|\u009b)([0-?]*)(?:[ -/]+[@-~]?|([@-~])?)|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u009c|\u001b\\)?|\u001b([ -/]+)([0-~])?|\u001b([0-~])?|[\u0000-\u001f\u007f-\u009f]/g;
