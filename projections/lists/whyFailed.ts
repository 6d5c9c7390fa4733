import type { Build } from '../../journal/history';
import { howEnded } from '../events/causeText';

/**
 * Messages of Dokku, git and shells, and the usual beginnings of errors of compilers, package managers and runtimes.
 */
const ERROR = anyOf(
  /^ !\s/,
  /\b(?:errors?|fatal|failed|failure|panic|exception|traceback|denied)\b/,
  /\b[A-Z]\w*(?:Error|Exception)\b|\bERR!/,
  /not found|cannot |can't |could not |unable to |no such file/,
  /out of memory|segmentation fault|timed? ?out/,
);

const HARMLESS = /\b(?:0|no) (?:errors?|failed|failures)\b|\bwarn(?:ing)?\b/i;

/** Error lines that name no cause: the last lines of Dokku, git, docker, make and npm. */
const SAYS_NOTHING = anyOf(
  /^ !\s+(?:App build failed|Failure to deploy|Deploy failed)/,
  /pre-receive hook declined/,
  /exit(?:ed with)? (?:status|code):? \d+|non-zero code/,
  /^make(?:\[\d+\])?: \*\*\*/,
  /ERR! (?:code|errno|path|command|A )|ELIFECYCLE|complete log of this run/,
);

/** What one of `patterns` finds, in capitals or small letters. */
function anyOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'), 'i');
}

/**
 * The last of `lines` of a log that looks like an error; undefined if none does. A line that names no cause is used
 * only if there is no other.
 */
export function errorLine(lines: readonly string[]): string | undefined {
  const errors = lines.filter((line) => ERROR.test(line) && !HARMLESS.test(line));
  const found = errors.findLast((line) => !SAYS_NOTHING.test(line)) ?? errors.at(-1);
  return found?.replace(/^ !\s+/, '').trim();
}

/**
 * Why `build` failed, in one line; '' for one that did not. `lines` are the last lines of its log, as a terminal shows
 * them.
 */
export function whyFailed(build: Build, lines: readonly string[]): string {
  if (build.status !== 'failed') return '';
  const how = howEnded(build);
  const line = errorLine(lines);
  return line === undefined || line === '' ? how : `${how} - ${line}`;
}
