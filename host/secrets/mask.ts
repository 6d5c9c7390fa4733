import type { PrintedLine } from '../terminal/printed';
import { textOf } from '../terminal/printed';
import type { Span } from '../terminal/table/row';
import { findPattern, type Pattern } from './patterns';
import { joinRanges, type Range } from './ranges';
import { LEAST_CHARACTERS } from './secretValues';
import { findUrlPasswords } from './urlPasswords';

/** What must not leave the host: texts, and patterns of `builds:set mask`. */
export interface Mask {
  /** Without line breaks (see `secretValues`). */
  readonly values: readonly string[];
  readonly patterns: readonly Pattern[];
}

/** What stands in the place of a secret. */
const MASKED = '***';

/**
 * `lines`, as a terminal shows them, with {@link MASKED} for each secret. A value is found across colours, and if it
 * is broken over lines; a pattern within one line. A value that is cut off at the end of the last line is found if
 * half of it is there. So is one that is cut off at the beginning of the first line, if the log is `cut` there.
 */
export function maskPrinted(mask: Mask, lines: readonly PrintedLine[], cut: boolean): PrintedLine[] {
  const texts = lines.map(textOf);
  const found = findSecrets(mask, texts, cut);
  return lines.map((line, n) => {
    const ranges = found[n] ?? [];
    return ranges.length === 0 ? line : maskLine(line, ranges);
  });
}

/** The secrets in `texts`, line by line, in order. */
function findSecrets({ values, patterns }: Mask, texts: readonly string[], cut: boolean): Range[][] {
  const whole = texts.join('');
  const broken = joinRanges([
    ...values.flatMap((value) => occurrences(whole, value)),
    ...values.flatMap((value) => partsAtEdges(whole, value, cut)),
  ]);
  let start = 0;
  let next = 0;
  return texts.map((text) => {
    const end = start + text.length;
    const within: Range[] = [];
    while (next < broken.length && (broken[next]?.end ?? 0) <= start) next += 1;
    for (let n = next; n < broken.length; n++) {
      const range = broken[n];
      if (range === undefined || range.start >= end) break;
      within.push({ start: Math.max(range.start, start) - start, end: Math.min(range.end, end) - start });
    }
    start = end;
    return joinRanges([
      ...within,
      ...patterns.flatMap((pattern) => findPattern(pattern, text)),
      ...findUrlPasswords(text),
    ]);
  });
}

function occurrences(text: string, value: string): Range[] {
  const ranges: Range[] = [];
  for (let start = text.indexOf(value); start >= 0; start = text.indexOf(value, start + 1))
    ranges.push({ start, end: start + value.length });
  return ranges;
}

/**
 * The parts of `value` at the edges of `text`. A log may end in the middle of a value. It may begin there only if its
 * beginning was `cut` off.
 */
function partsAtEdges(text: string, value: string, cut: boolean): Range[] {
  const least = Math.max(LEAST_CHARACTERS, Math.ceil(value.length / 2));
  const ranges: Range[] = [];
  for (let length = value.length - 1; length >= least && ranges.length === 0; length--) {
    if (cut && text.startsWith(value.slice(-length))) ranges.push({ start: 0, end: length });
  }
  for (let length = value.length - 1; length >= least; length--) {
    if (!text.endsWith(value.slice(0, length))) continue;
    ranges.push({ start: text.length - length, end: text.length });
    break;
  }
  return ranges;
}

/** The mask has the style of the first character that it hides. */
function maskLine(line: PrintedLine, ranges: readonly Range[]): PrintedLine {
  const spans: Span[] = [];
  let at = 0;
  for (const { text, style } of line) {
    const end = at + text.length;
    let kept = '';
    let from = at;
    for (const range of ranges) {
      if (range.end <= at || range.start >= end) continue;
      kept += text.slice(from - at, Math.max(range.start, from) - at);
      if (range.start >= at) kept += MASKED;
      from = Math.min(range.end, end);
    }
    kept += text.slice(from - at);
    if (kept !== '') spans.push({ text: kept, style });
    at = end;
  }
  return spans;
}
