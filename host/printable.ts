/**
 * `text` with each character that a reader would not see, or that would turn text around, as an escape: safe on a
 * terminal and on a page.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, escapeOf);
}

/** The same with at most 120 characters of `text`, to be quoted in a message. */
export function printable(text: string): string {
  return visible(text.length > QUOTED_CHARACTERS ? `${cut(text, QUOTED_CHARACTERS - 3)}...` : text);
}

/** `1 build`, `2 builds`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `text` in at most `length` characters of UTF-16, the last one an ellipsis if it was cut. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${cut(text, length - 1)}…`;
}

/** At most the first `length` characters of UTF-16. No character is cut in two. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}

const QUOTED_CHARACTERS = 120;

/**
 * Control characters (C0, DEL, C1), line and paragraph separators, and what changes the direction of writing (UAX
 * #9).
 */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
