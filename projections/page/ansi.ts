/*
 * What build tools print for a terminal, read as text with styles: ECMA-48 (https://ecma-international.org/publications-and-standards/standards/ecma-48/),
 * of which only SGR, the styles, is kept. Everything else an escape sequence can ask of a terminal is dropped.
 */

/** 0 to 15 of the terminal's palette, or `#rrggbb`. */
export type Color = number | `#${string}`;

/** How a piece of text looks; absent is not. */
export interface Style {
  readonly color?: Color;
  readonly background?: Color;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly inverse?: true;
  readonly strike?: true;
}

/** A piece of text in one style. Its text holds no control characters but tabs and line breaks. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

const PLAIN: Style = {};

/** Reads `text`. Of a line that was written over with carriage returns, as progress bars are, the last state is kept. */
export function parseAnsi(text: string): Span[] {
  const spans: Span[] = [];
  let style = PLAIN;
  for (const [index, line] of text.split('\n').entries()) {
    const end = line.endsWith('\r') ? line.length - 1 : line.length;
    const from = line.lastIndexOf('\r', end - 1) + 1;
    if (from > 0) style = styleAfter(line.slice(0, from), style);
    if (index > 0) push(spans, '\n', style);
    let at = from;
    const shown = line.slice(0, end);
    ESCAPE.lastIndex = from;
    for (let match = ESCAPE.exec(shown); match !== null; match = ESCAPE.exec(shown)) {
      push(spans, visible(shown.slice(at, match.index)), style);
      if (match[2] === 'm') style = applySgr(style, match[1] ?? '');
      at = match.index + match[0].length;
    }
    push(spans, visible(shown.slice(at)), style);
  }
  return spans;
}

/** `text` as one would read it on a terminal, without styles: no control characters but tabs and line breaks. */
export function withoutAnsi(text: string): string {
  return parseAnsi(text)
    .map((span) => span.text)
    .join('');
}

/*
 * CSI (1: parameters, 2: final byte), then OSC and the other strings, then the rest. A string that does not end ends with its line, so that
 * it cannot swallow the log behind it.
 */
const ESCAPE =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /(?:\u001b\[|\u009b)([0-?]*)[ -/]*([@-~])|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u009c|\u001b\\)?|\u001b[ -/]*[0-~]?/g;

function push(spans: Span[], text: string, style: Style): void {
  if (text === '') return;
  const last = spans.at(-1);
  if (last?.style === style) spans[spans.length - 1] = { text: last.text + text, style };
  else spans.push({ text, style });
}

// eslint-disable-next-line no-control-regex -- they are what is looked for
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Shows what would not be seen, or would make text run backwards, as the picture of a control or as an escape. */
function visible(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0);
    if (code === 0x07 || code === 0x08) return ''; // a bell, a backspace: tools mean nothing by them
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

function styleAfter(text: string, before: Style): Style {
  let style = before;
  for (const match of text.matchAll(ESCAPE)) if (match[2] === 'm') style = applySgr(style, match[1] ?? '');
  return style;
}

type Writable = { -readonly [K in keyof Style]: Style[K] };

function applySgr(before: Style, parameters: string): Style {
  if (parameters === '' || parameters === '0') return PLAIN;
  const codes = parameters.split(';').flatMap(codesOf);
  let style: Writable = { ...before };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 0) style = {};
    else if (code === 38 || code === 48) {
      const [color, used] = extendedColor(codes.slice(i + 1));
      i += used;
      if (color !== undefined) style[code === 38 ? 'color' : 'background'] = color;
    } else applyCode(style, code);
  }
  return style;
}

/** A parameter with parts is a colour, `38:5:n` or `38:2:<space>:r:g:b`, or one of whose parts only the first is for everyone. */
function codesOf(parameter: string): number[] {
  const parts = parameter.split(':').map(Number);
  if (parts[0] !== 38 && parts[0] !== 48) return parts.slice(0, 1);
  return parts.length === 6 ? [...parts.slice(0, 2), ...parts.slice(3)] : parts;
}

function applyCode(style: Writable, code: number): void {
  const on = ATTRIBUTES[code];
  if (on !== undefined) style[on] = true;
  else if (code >= 30 && code <= 37) style.color = code - 30;
  else if (code >= 90 && code <= 97) style.color = code - 90 + 8;
  else if (code >= 40 && code <= 47) style.background = code - 40;
  else if (code >= 100 && code <= 107) style.background = code - 100 + 8;
  else for (const name of ENDS[code] ?? []) Reflect.deleteProperty(style, name);
}

const ATTRIBUTES: Readonly<Record<number, Exclude<keyof Style, 'color' | 'background'>>> = {
  1: 'bold',
  2: 'dim',
  3: 'italic',
  4: 'underline',
  7: 'inverse',
  9: 'strike',
};

const ENDS: Readonly<Record<number, readonly (keyof Style)[]>> = {
  22: ['bold', 'dim'],
  23: ['italic'],
  24: ['underline'],
  27: ['inverse'],
  29: ['strike'],
  39: ['color'],
  49: ['background'],
};

/** The colour behind 38 or 48, and how many numbers it takes: `5;n` of 256, or `2;r;g;b`. */
function extendedColor([mode, ...rest]: readonly number[]): [Color | undefined, number] {
  if (mode === 5) return [isByte(rest[0]) ? indexed(rest[0]) : undefined, 2];
  if (mode !== 2) return [undefined, 1];
  const rgb = rest.slice(0, 3);
  return [rgb.length === 3 && rgb.every(isByte) ? hex(rgb) : undefined, 4];
}

function isByte(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= 255;
}

/** One of xterm's 256: 16 of the palette, a cube of 6×6×6, 24 greys. */
function indexed(index: number): Color {
  if (index < 16) return index;
  if (index >= 232) return hex(Array.from({ length: 3 }, () => 8 + (index - 232) * 10));
  const cube = index - 16;
  const levels = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
  return hex(levels.map((level) => (level === 0 ? 0 : 55 + level * 40)));
}

function hex(rgb: readonly number[]): Color {
  return `#${rgb.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
