/*
 * SGR, the escape sequences that style text: ECMA-48, 8.3.117
 * (https://ecma-international.org/publications-and-standards/standards/ecma-48/), with the bright colours, 256
 * colours and direct colours of xterm (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html).
 */

/** 0 to 15 of the terminal's palette, or `#rrggbb`. */
export type TerminalColour = number | `#${string}`;

/** How a piece of text is shown; what is absent is off, or the terminal's own colour. */
export interface Style {
  readonly colour?: TerminalColour;
  readonly background?: TerminalColour;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly inverse?: true;
  readonly strike?: true;
}

export const PLAIN: Style = {};

/** The style after SGR with `parameters`, such as `1;31`, on top of `before`. Unknown parameters change nothing. */
export function applySgr(before: Style, parameters: string): Style {
  if (parameters === '' || parameters === '0') return PLAIN;
  const codes = parameters.split(';').flatMap(codesOf);
  let style: Writable = { ...before };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 0) style = {};
    else if (code === 38 || code === 48) {
      const [colour, used] = extendedColour(codes.slice(i + 1, i + 5));
      i += used;
      if (colour !== undefined) style[code === 38 ? 'colour' : 'background'] = colour;
    } else applyCode(style, code);
  }
  return style;
}

/** The escape sequence that shows text in `style`, whatever was before. */
export function sgrOf(style: Style): string {
  const attributes = Object.entries(ATTRIBUTES).filter(([, name]) => style[name] === true);
  const codes = [
    ...attributes.map(([code]) => code),
    ...colourCodes(style.colour, 30),
    ...colourCodes(style.background, 40),
  ];
  return `\u001b[${['0', ...codes].join(';')}m`;
}

/** Whether both look the same. */
export function isSameStyle(a: Style, b: Style): boolean {
  return a === b || KEYS.every((key) => a[key] === b[key]);
}

type Attribute = Exclude<keyof Style, 'colour' | 'background'>;
type Writable = { -readonly [K in keyof Style]: Style[K] };

const ATTRIBUTES: Readonly<Record<number, Attribute>> = {
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
  39: ['colour'],
  49: ['background'],
};

const KEYS = [...Object.values(ATTRIBUTES), 'colour', 'background'] as const;

function applyCode(style: Writable, code: number): void {
  const on = ATTRIBUTES[code];
  if (on !== undefined) style[on] = true;
  else if (code >= 30 && code <= 37) style.colour = code - 30;
  else if (code >= 90 && code <= 97) style.colour = code - 90 + 8;
  else if (code >= 40 && code <= 47) style.background = code - 40;
  else if (code >= 100 && code <= 107) style.background = code - 100 + 8;
  else for (const name of ENDS[code] ?? []) Reflect.deleteProperty(style, name);
}

/**
 * A parameter with parts is a colour (`38:5:n`, `38:2:<colour space>:r:g:b`), or its first part counts alone (`4:3`,
 * a curly underline; `4:0` ends it).
 */
function codesOf(parameter: string): number[] {
  const parts = parameter.split(':').map(Number);
  if (parts[0] === 4 && parts[1] === 0) return [24];
  if (parts[0] !== 38 && parts[0] !== 48) return parts.slice(0, 1);
  return parts.length === 6 ? [...parts.slice(0, 2), ...parts.slice(3)] : parts;
}

/** The colour that `numbers` behind 38 or 48 name, and how many of them it takes: `5;n` of 256, or `2;r;g;b`. */
function extendedColour([mode, ...rest]: readonly number[]): [TerminalColour | undefined, number] {
  if (mode === 5) return [isByte(rest[0]) ? indexedColour(rest[0]) : undefined, 2];
  if (mode !== 2) return [undefined, 1];
  const rgb = rest.slice(0, 3);
  return [rgb.length === 3 && rgb.every(isByte) ? hex(rgb) : undefined, 4];
}

function isByte(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= 255;
}

/** One of xterm's 256: 16 of the palette, a cube of 6×6×6, 24 greys. */
function indexedColour(index: number): TerminalColour {
  if (index < 16) return index;
  if (index >= 232) return hex(Array.from({ length: 3 }, () => 8 + (index - 232) * 10));
  const cube = index - 16;
  const levels = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
  return hex(levels.map((level) => (level === 0 ? 0 : 55 + level * 40)));
}

function hex(rgb: readonly number[]): TerminalColour {
  return `#${rgb.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** `base` is 30 for the text, 40 for what is behind it. */
function colourCodes(colour: TerminalColour | undefined, base: 30 | 40): readonly string[] {
  if (colour === undefined) return [];
  if (typeof colour === 'number') return [String(colour < 8 ? base + colour : base + 60 + colour - 8)];
  const rgb = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return [`${base + 8};2;${rgb.join(';')}`];
}
