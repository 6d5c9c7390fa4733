import { Failure } from '../failure';
import type { Range } from './ranges';

/**
 * A pattern of `builds:set mask`: text that stands for itself, in which each `*` stands for any characters but blanks,
 * as many as possible. These are the texts between the stars.
 */
export type Pattern = readonly [first: string, ...rest: string[]];

const MOST_CHARACTERS = 200;
const LEAST_LITERAL = 3;
const MOST_PATTERNS = 100;

/**
 * Patterns separated by commas. Throws {@link Failure}, with nothing of the text in it: a pattern may be a secret
 * itself.
 */
export function parsePatterns(text: string): Pattern[] {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  if (words.length === 0 || words.length > MOST_PATTERNS)
    throw new Failure(`Invalid mask: must be 1 to ${MOST_PATTERNS} patterns, separated by commas`);
  return words.map(parsePattern);
}

function parsePattern(word: string): Pattern {
  const [first = '', ...rest] = word.replace(/\*+/g, '*').split('*');
  const literal = [first, ...rest].join('').replace(/\s/g, '').length;
  // eslint-disable-next-line no-control-regex -- they are what is refused
  if (word.length > MOST_CHARACTERS || literal < LEAST_LITERAL || /[\u0000-\u001f\u007f-\u009f]/.test(word))
    throw new Failure(
      `Invalid mask: a pattern must have at least ${LEAST_LITERAL} characters besides * and blanks, ` +
        `at most ${MOST_CHARACTERS} in all, and no control characters`,
    );
  return [first, ...rest];
}

/**
 * Where `pattern` is found in `line`. Takes time in proportion to the line: if the other parts do not follow the first
 * one, they do not follow it later in the same word either, so no word is searched twice.
 */
export function findPattern([first, ...rest]: Pattern, line: string): Range[] {
  const ranges: Range[] = [];
  let failedUntil = -1;
  for (let at = 0; at <= line.length;) {
    const start = line.indexOf(first, at);
    if (start < 0) break;
    const behind = start + first.length;
    const end = behind <= failedUntil ? undefined : endOfParts(rest, line, behind);
    if (end !== undefined) {
      ranges.push({ start, end });
      at = Math.max(end, start + 1);
      continue;
    }
    if (behind > failedUntil) failedUntil = wordEnd(line, behind);
    at = first === '' ? nextWord(line, failedUntil) : start + 1;
  }
  return ranges;
}

/** Where the last of `parts` ends if they follow `from`, each after characters that are not blanks. */
function endOfParts(parts: readonly string[], line: string, from: number): number | undefined {
  let at = from;
  for (const [n, part] of parts.entries()) {
    const within = line.slice(at, wordEnd(line, at) + part.length);
    const found = n === parts.length - 1 ? within.lastIndexOf(part) : within.indexOf(part);
    if (found < 0) return undefined;
    at += found + part.length;
  }
  return at;
}

const BLANK = /\s/g;
const NO_BLANK = /\S/g;

/** The next blank from `at` on, or the end of the line. */
function wordEnd(line: string, at: number): number {
  BLANK.lastIndex = at;
  return BLANK.exec(line)?.index ?? line.length;
}

/** The next character from `at` on that is not a blank, or behind the end of the line. */
function nextWord(line: string, at: number): number {
  NO_BLANK.lastIndex = at;
  return NO_BLANK.exec(line)?.index ?? line.length + 1;
}
