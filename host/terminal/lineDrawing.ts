/** The final character of the escape sequence that chooses the character set of the VT100 for lines and frames. */
export const LINE_DRAWING = '0';

/** What the characters from `_` to `~` show in that set. */
const DRAWN = ' ◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·';

/** `text` as that set shows it. */
export function lineDrawing(text: string): string {
  return text.replace(/[_-~]/g, (character) => DRAWN[character.charCodeAt(0) - '_'.charCodeAt(0)] ?? character);
}
