import { type Mask, maskPrinted } from '../../host/secrets/mask';
import type { Tail } from '../../host/files/tail';
import { lineWidth, type PrintedLine, readPrinted, sliceLine } from '../../host/terminal/printed';
import type { Span } from '../../host/terminal/table/row';
import type { Style, TerminalColour } from '../../host/terminal/style';
import { count, escapeHtml, escapeText } from './html/html';
import type { Palette } from './html/palette';

/**
 * The end of a build's log: what a terminal shows of it, or a sentence that says why it is not shown. Undefined: there
 * is no log.
 */
export type PageLog = ReadLog | string | undefined;

interface ReadLog {
  readonly lines: readonly PrintedLine[];
  /** Bytes of the file before them, and of the whole file. */
  readonly before: number;
  readonly size: number;
}

/** What `tail` shows on a terminal, without the secrets that `mask` knows. */
export function readPageLog({ text, before, size }: Tail, mask: Mask): PageLog {
  return { lines: maskPrinted(mask, readPrinted(text), before > 0), before, size };
}

const LONGEST_LINE = 2000; // columns

/** The log as HTML, its last lines with at most `limit` columns together. All text of the log is escaped. */
export function logHtml(log: PageLog, limit: number, palette: Palette, label: string): string {
  if (log === undefined) return '<p class=quiet>No log file';
  if (typeof log === 'string') return `<p class=quiet>${escapeHtml(log)}`;
  if (log.size === 0) return '<p class=quiet>The log is empty';
  const shown = lastLines(log.lines, limit);
  const isCut = log.before > 0 || shown.length < log.lines.length;
  const note = isCut
    ? `<p class=quiet>The last ${shown.length === 1 ? 'line' : `${count(shown.length)} lines`} of a log of ` +
      `${count(log.size)} bytes`
    : '';
  const html = shown.map((line) => lineHtml(line, palette)).join('\n');
  return `${note}<pre class=log tabindex=0 role=region aria-label="${escapeHtml(label)}"><code>${html}</code></pre>`;
}

function lastLines(lines: readonly PrintedLine[], limit: number): readonly PrintedLine[] {
  let room = limit;
  const first = lines.findLastIndex((line) => (room -= Math.min(lineWidth(line), LONGEST_LINE) + 1) < 0);
  return lines.slice(Math.min(first + 1, Math.max(0, lines.length - 1)));
}

function lineHtml(line: PrintedLine, palette: Palette): string {
  const width = lineWidth(line);
  const shown = width <= LONGEST_LINE ? line : sliceLine(line, 0, LONGEST_LINE);
  const more = width <= LONGEST_LINE ? '' : ` … ${count(width - LONGEST_LINE)} more characters`;
  return shown.map((span) => spanHtml(span, palette)).join('') + more;
}

function spanHtml({ text, style }: Span, palette: Palette): string {
  const classes = classesOf(style, palette);
  const html = escapeText(text);
  if (classes.length === 0) return html;
  return `<span class=${classes.length === 1 ? classes.join() : `"${classes.join(' ')}"`}>${html}</span>`;
}

function classesOf(style: Style, palette: Palette): string[] {
  const { colour, background } = style;
  const [front, back] = style.inverse ? [background ?? BACK, colour ?? FRONT] : [colour, background];
  return [
    ...colourClass(front, 'color', palette),
    ...colourClass(back, 'background', palette),
    ...(style.bold ? ['bold'] : []),
    ...(style.dim ? ['dim'] : []),
    ...(style.italic ? ['italic'] : []),
    ...(style.underline ? ['underline'] : []),
    ...(style.strike ? ['strike'] : []),
  ];
}

/** The colours of text without a colour. */
const [FRONT, BACK] = ['front', 'back'] as const;

function colourClass(
  colour: TerminalColour | typeof FRONT | typeof BACK | undefined,
  use: 'color' | 'background',
  palette: Palette,
): readonly string[] {
  if (colour === undefined) return [];
  const prefix = use === 'color' ? 'text' : 'ground';
  if (colour === FRONT || colour === BACK || typeof colour === 'number') return [`${prefix}-${colour}`];
  const name = palette.classOf(colour, use);
  return name === undefined ? [] : [name];
}
