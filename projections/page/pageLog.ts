import type { Tail } from '../../host/system/tail';
import { type Color, parseAnsi, type Style } from './ansi';
import { count, escapeHtml, escapeText } from './html';

/** The stylesheet of a page's logs: a class for each colour beyond the terminal's sixteen that was met. */
export interface Palette {
  /** The class of a colour; undefined when a page has too many of them. */
  classOf(color: `#${string}`, use: 'color' | 'background'): string | undefined;
  css(): string;
}

const MOST_COLORS = 512;

/** An empty one. */
export function openPalette(): Palette {
  const rules = new Map<string, string>();
  return {
    classOf(color, use) {
      const rule = `${use}:${use === 'color' ? readable(color) : color}`;
      if (!rules.has(rule) && rules.size < MOST_COLORS) rules.set(rule, `x${rules.size}`);
      return rules.get(rule);
    },
    css: () => [...rules].map(([rule, name]) => `.${name}{${rule}}`).join(''),
  };
}

const LONGEST_LINE = 2000; // characters

/** The log's end as HTML: what was left out said first, then its lines, styled. Nothing in it is markup but what is made here. */
export function logHtml(log: Tail | string | undefined, palette: Palette, label: string): string {
  if (log === undefined) return '<p class=q>No log file';
  if (typeof log === 'string') return `<p class=q>The log cannot be read: ${escapeHtml(log)}`;
  if (log.size === 0) return '<p class=q>The log is empty';
  const left =
    log.before > 0 ? `<p class=q>The end of a log of ${count(log.size)} bytes, ${count(log.before)} left out` : '';
  const text = log.text.replace(/\n$/, '').split('\n').map(shorten).join('\n');
  const spans = parseAnsi(text).map((span) => spanHtml(span.text, span.style, palette));
  return `${left}<pre class=l tabindex=0 role=region aria-label="${escapeHtml(label)}"><code>${spans.join('')}</code></pre>`;
}

function shorten(line: string): string {
  if (line.length <= LONGEST_LINE) return line;
  return `${line.slice(0, LONGEST_LINE)}\u001b[0m … ${count(line.length - LONGEST_LINE)} more characters`;
}

function spanHtml(text: string, style: Style, palette: Palette): string {
  const classes = classesOf(style, palette);
  const html = escapeText(text);
  if (classes.length === 0) return html;
  return `<span class=${classes.length === 1 ? classes.join() : `"${classes.join(' ')}"`}>${html}</span>`;
}

function classesOf(style: Style, palette: Palette): string[] {
  const { color, background } = style;
  const [front, back] = style.inverse ? [background ?? BACK, color ?? FRONT] : [color, background];
  return [
    ...colorClass(front, 'color', palette),
    ...colorClass(back, 'background', palette),
    ...(style.bold ? ['w'] : []),
    ...(style.dim ? ['d'] : []),
    ...(style.italic ? ['i'] : []),
    ...(style.underline ? ['u'] : []),
    ...(style.strike ? ['k'] : []),
  ];
}

const [FRONT, BACK] = ['front', 'back'] as const;

function colorClass(
  color: Color | 'front' | 'back' | undefined,
  use: 'color' | 'background',
  palette: Palette,
): readonly string[] {
  if (color === undefined) return [];
  const prefix = use === 'color' ? 'f' : 'b';
  if (color === 'front' || color === 'back') return [`${prefix}${color}`];
  if (typeof color === 'number') return [`${prefix}${color}`];
  const name = palette.classOf(color, use);
  return name === undefined ? [] : [name];
}

/** A colour too dark to be read on the dark ground of a log, made lighter. */
function readable(color: `#${string}`): string {
  const parts = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  const [red = 0, green = 0, blue = 0] = parts;
  const lightness = (red * 299 + green * 587 + blue * 114) / 1000;
  if (lightness >= DARKEST) return color;
  const mix = (DARKEST - lightness) / (255 - lightness);
  return `#${parts
    .map((part) =>
      Math.round(part + (255 - part) * mix)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

const DARKEST = 120; // of 255; on #14171c that is a contrast of 4.5 to 1
