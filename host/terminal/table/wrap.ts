import { widthOf } from './width';

/** Words, and what stands between brackets as one of them. */
const WORDS = /(?:\[[^\]]*\]|\S)+/g;

/** If fewer columns than this are left behind `first`, all of the text goes below it. */
const LEAST_BESIDE = 24;
const INDENT_BELOW = 6;

/** `text` in lines of at most `columns`, broken between words; only a longer word makes a longer line. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line: string | undefined;
  for (const [word] of text.matchAll(WORDS)) {
    const longer: string = line === undefined ? word : `${line} ${word}`;
    if (line !== undefined && widthOf(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line === undefined ? lines : [...lines, line];
}

/**
 * `first` and behind it `text`, in lines of at most `columns`. Further lines stand below the beginning of `text`; if
 * there is little room behind `first`, all of them do, with a small indent.
 */
export function wrapBehind(first: string, text: string, columns: number): string[] {
  const width = widthOf(first);
  if (width + widthOf(text) <= columns) return [`${first}${text}`.trimEnd()];
  if (columns - width >= LEAST_BESIDE) {
    return wrapText(text, columns - width).map((line, n) => `${n === 0 ? first : ' '.repeat(width)}${line}`);
  }
  return [first.trimEnd(), ...wrapText(text, columns - INDENT_BELOW).map((line) => ' '.repeat(INDENT_BELOW) + line)];
}
