import { readPrinted } from '../../host/terminal/printed';
import type { Span } from '../../host/terminal/table/row';
import { widthOf } from '../../host/terminal/table/width';

const COLUMN = 8.4; // pixels
const ROW = 18;
const MARGIN = 14;
const GROUND = '#14171c';
const TEXT = '#dfe4ea';
/** The colours that commands use, as the page draws them in a log. */
const PALETTE = ['#8b949e', '#ff7b72', '#56d364', '#e3b341', '#79b8ff', '#d2a8ff', '#56d4dd', '#dfe4ea'];

/** What was printed on a terminal of so many columns and rows, as an SVG. */
export function terminalSvg(printed: string, columns: number, rows: number): string {
  const [width, height] = [columns * COLUMN + 2 * MARGIN, rows * ROW + 2 * MARGIN];
  const lines = readPrinted(printed).slice(0, rows);
  const drawn = lines.map((line, row) => lineSvg(line, MARGIN + (row + 1) * ROW - 5)).join('\n');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.round(width)} ${height}" ` +
    `width="${Math.round(width)}" ` +
    `font-family="ui-monospace, 'DejaVu Sans Mono', monospace" font-size="14">\n` +
    `<rect width="100%" height="100%" rx="8" fill="${GROUND}"/>\n${drawn}\n</svg>\n`
  );
}

/** Each piece has its width written down, so that the columns stand below each other in any font. */
function lineSvg(line: readonly Span[], y: number): string {
  let column = 0;
  const parts = line.map(({ text, style }) => {
    const columns = widthOf(text);
    const [x, width] = [MARGIN + column * COLUMN, columns * COLUMN].map((length) => length.toFixed(1));
    column += columns;
    const colour = typeof style.colour === 'number' ? PALETTE[style.colour % PALETTE.length] : style.colour;
    const [front, back] = style.inverse ? [GROUND, colour ?? TEXT] : [colour ?? TEXT, undefined];
    const ground =
      back === undefined ? '' : `<rect x="${x}" y="${y - 13}" width="${width}" height="${ROW}" fill="${back}"/>`;
    if (text.trim() === '') return ground;
    const weight = style.bold ? ' font-weight="bold"' : '';
    const dim = style.dim ? ' opacity=".7"' : '';
    const place = `x="${x}" y="${y}" textLength="${width}" lengthAdjust="spacingAndGlyphs"`;
    return `${ground}<text ${place} fill="${front}"${weight}${dim}>${escapeXml(text)}</text>`;
  });
  return parts.join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', ' ': '\u00a0' };

/** Blanks are kept: an SVG would make one of several. */
function escapeXml(text: string): string {
  return text.replace(/[&<> ]/g, (character) => ENTITIES[character] ?? '');
}
