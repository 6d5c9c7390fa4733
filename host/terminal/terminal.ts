/** What a terminal can show. */
export interface Terminal {
  /** Characters in a line; undefined when the terminal does not say. */
  readonly columns: number | undefined;
  readonly colour: boolean;
  /** Whether more than ASCII can be shown: bars, an ellipsis. */
  readonly unicode: boolean;
}

/**
 * The terminal that stdout is, as `env` describes it: no colours with a `NO_COLOR` that is not empty
 * (https://no-color.org), with `TERM=dumb` or no `TERM`, or when they are not `wanted`; `COLUMNS` wins over what the
 * terminal says of its width.
 */
export function readTerminal(env: NodeJS.ProcessEnv, wanted: { readonly colour: boolean }): Terminal {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'];
  return {
    columns: columnsOf(process.stdout, env),
    colour: wanted.colour && !env['NO_COLOR'] && ![undefined, '', 'dumb'].includes(env['TERM']),
    unicode: !locale || /utf-?8/i.test(locale), // sshd passes on none at times: then most terminals can
  };
}

/** Characters in a line of a terminal; undefined if it does not say. */
export function columnsOf(terminal: { readonly columns?: number }, env: NodeJS.ProcessEnv): number | undefined {
  return positive(Number(env['COLUMNS'])) ?? positive(terminal.columns ?? 0);
}

function positive(columns: number): number | undefined {
  return Number.isSafeInteger(columns) && columns > 0 ? columns : undefined;
}
