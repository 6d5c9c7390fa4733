/** `text`, of one line and without control characters, cut and padded to exactly `columns` of a terminal; what is cut ends in `…`. */
export function fit(text: string, columns: number): string {
  const whole = upTo(text, columns);
  if (whole.text.length === text.length) return whole.text + ' '.repeat(columns - whole.width);
  const cut = upTo(text, columns - 1);
  return columns <= 0 ? '' : `${cut.text}${' '.repeat(columns - 1 - cut.width)}…`;
}

/** The longest beginning of `text` that fits, and its width in columns. */
function upTo(text: string, columns: number): { readonly text: string; readonly width: number } {
  let [length, width] = [0, 0];
  for (const character of text) {
    const own = widthOf(character);
    if (width + own > columns) break;
    length += character.length;
    width += own;
  }
  return { text: text.slice(0, length), width: Math.max(0, width) };
}

/** Columns that a character takes: none for a mark that goes onto another, two for East Asian wide ones and pictures (UAX #11). */
export function widthOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

const MARK = /^(?:\p{Mark}|[\u200b-\u200d])$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;
