/*
 * Why a build failed, for people: what its log says last, and what its exit code means.
 */

/**
 * The last of `lines`, those of a log as a terminal shows it, that looks like an error; undefined if none does. Sentences that only say that
 * something failed are taken if there is nothing better.
 */
export function lastErrorLine(lines: readonly string[]): string | undefined {
  const errors = lines.filter((line) => ERROR.test(line) && !HARMLESS.test(line));
  const best = errors.findLast((line) => !GENERAL.test(line)) ?? errors.at(-1);
  return best?.replace(DOKKU_WARNING, '').trim();
}

/** Dokku's own messages, what git and shells say, and what compilers, package managers and runtimes begin an error with. */
const ERROR =
  /^ !\s|\b(?:error|fatal|panic|exception|traceback|segfault|segmentation fault)\b|\b[A-Z]\w*(?:Error|Exception)\b|\bERR!|\bE: |failed|cannot |can't |could not |unable to |no such file|not found|permission denied|out of memory|denied\b|timed? ?out/i;

const HARMLESS = /\b(?:0|no) (?:errors?|failed|failures)\b|\bwarn(?:ing)?\b/i;

/** They name no cause: Dokku's, docker's and make's last lines. */
const GENERAL =
  /^ !\s+(?:App build failed|Failure to deploy|Deploy failed)|exit(?:ed with)? (?:status|code):? \d+|non-zero code|^make(?:\[\d+\])?: \*\*\*|error command .* failed|complete log of this run|ERR! (?:code|errno|path|command|A )|ELIFECYCLE/i;

const DOKKU_WARNING = /^ !\s+/;

/** What an exit code says by convention (bash(1), signal(7)); undefined for those that mean nothing in particular. */
export function exitCodeMeaning(code: number): string | undefined {
  return (
    MEANINGS[code] ??
    (code > SIGNALED && code <= SIGNALED + LAST_SIGNAL ? `ended by signal ${code - SIGNALED}` : undefined)
  );
}

const SIGNALED = 128;
const LAST_SIGNAL = 64;

const MEANINGS: Readonly<Record<number, string>> = {
  [-1]: 'ended without a report',
  124: 'timed out',
  126: 'a command could not be executed',
  127: 'a command was not found',
  129: 'the connection was closed',
  130: 'interrupted',
  131: 'quit, often by a cancel',
  134: 'aborted',
  137: 'killed, often out of memory',
  139: 'crashed (segmentation fault)',
  141: 'nobody read its output any more',
  143: 'terminated',
};
