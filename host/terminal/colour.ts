/**
 * What text on a terminal is made of. By hand: `styleText` of node:util decides by itself, in later versions, whether
 * to do anything.
 */
const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 } as const;

export type Colour = keyof typeof CODES;

/**
 * `text` between the escape sequences (SGR) that switch a colour on, and everything off; as it is without a colour, or
 * if the terminal has none.
 */
export function ink(text: string, colour: Colour | undefined, terminal: { readonly colour: boolean }): string {
  return colour === undefined || !terminal.colour || text === '' ? text : `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}
