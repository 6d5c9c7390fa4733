/** What a terminal can show. */
export interface Terminal {
  /** Characters in a line; undefined when the terminal does not say. */
  readonly columns: number | undefined;
  readonly colour: boolean;
  /** Whether more than ASCII can be shown: bars, an ellipsis. */
  readonly unicode: boolean;
}

/**
 * The terminal that stdout is, as `env` describes it: no colours with a `NO_COLOR` that is not empty (https://no-color.org), with
 * `TERM=dumb` or no `TERM`, or when they are not `wanted`; `COLUMNS` wins over what the terminal says of its width.
 */
export function readTerminal(env: NodeJS.ProcessEnv, wanted: { readonly colour: boolean }): Terminal {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'];
  return {
    columns: positive(Number(env['COLUMNS'])) ?? positive(process.stdout.columns),
    colour: wanted.colour && !env['NO_COLOR'] && ![undefined, '', 'dumb'].includes(env['TERM']),
    unicode: !locale || /utf-?8/i.test(locale), // sshd passes on none at times: then most terminals can
  };
}

function positive(columns: number): number | undefined {
  return Number.isSafeInteger(columns) && columns > 0 ? columns : undefined;
}

/** `text` in at most `columns` characters of the terminal, cut at its end, or at its start when the end says more. */
export function fit(
  text: string,
  columns: number,
  { unicode }: Pick<Terminal, 'unicode'>,
  keep: 'start' | 'end' = 'start',
): string {
  if (widthOf(text) <= columns) return text;
  const ellipsis = unicode ? '…' : '~';
  const characters = Array.from(text);
  while (characters.length > 0 && widthOf(characters.join('')) > columns - 1) {
    if (keep === 'start') characters.pop();
    else characters.shift();
  }
  if (columns < 1) return '';
  return keep === 'start' ? characters.join('') + ellipsis : ellipsis + characters.join('');
}

/** Columns of the terminal that `text` takes: two for each character of East Asian scripts and each emoji. */
export function widthOf(text: string): number {
  return Array.from(text).reduce((width, character) => width + (WIDE.test(character) ? 2 : 1), 0);
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{3fffd}]/u;
