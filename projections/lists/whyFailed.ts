import type { Build } from '../../journal/history';
import { causeText } from '../events/causeText';

/** What an exit code says beyond its number: those of shells, of timeout(1), and 128 with the number of a signal. */
const EXIT_CODES: Readonly<Record<number, string>> = {
  124: 'timed out',
  126: 'command not executable',
  127: 'command not found',
  129: 'hung up',
  130: 'interrupted',
  131: 'quit',
  134: 'aborted',
  135: 'bus error',
  137: 'killed, often out of memory',
  139: 'segmentation fault',
  141: 'broken pipe',
  143: 'terminated',
};

/** `exit code 137: killed, often out of memory`, `exit code 2`. */
export function exitCodeText(code: number): string {
  const words = EXIT_CODES[code];
  return words === undefined ? `exit code ${code}` : `exit code ${code}: ${words}`;
}

const ERROR =
  /\b(error|errors|fatal|failed|failure|exception|traceback|panic|cannot|could not|unable to|denied)\b|ERR!|not found|^ ! {5}/i;
/** What Dokku prints for every failure, after what really went wrong. */
const SAYS_NOTHING = /^( ! {5}|remote: )*(App build failed|exit status \d+|To .*pre-receive hook declined.*)\s*$/i;

/** The last of `lines` of a log that looks like an error; undefined when none does. */
export function errorLine(lines: readonly string[]): string | undefined {
  const found =
    lines.findLast((line) => ERROR.test(line) && !SAYS_NOTHING.test(line)) ??
    lines.findLast((line) => ERROR.test(line));
  return found?.replace(/^ ! {5}/, '').trim();
}

/** Why `build` failed, in one line; '' for one that did not. `lines` are the last lines of its log, as a terminal shows them. */
export function whyFailed(build: Build, lines: readonly string[]): string {
  if (build.status !== 'failed') return '';
  const how = build.cause === 'exit' ? exitCodeText(build.exitCode) : causeText(build.cause);
  const line = errorLine(lines);
  return line === undefined || line === '' ? how : `${how} - ${line}`;
}
