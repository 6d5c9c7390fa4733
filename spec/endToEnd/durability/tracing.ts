import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

// Only the main thread is followed, which does all that is to be interfered with; others would count for themselves.
const STRACE = ['strace', '-qq', '-y', '-s', '0'];

/** Why no system call can be interfered with here; undefined when strace(1) can do it. */
export const cannotTrace: string | undefined = ((): string | undefined => {
  for (const by of [rehearsing('/dev/null'), interfering({ call: 'write', nth: 60_000 }, 'error=EIO', '/dev/null')]) {
    const [strace = '', ...args] = by;
    const { error, status, stderr } = spawnSync(strace, [...args, 'true'], { encoding: 'utf8' });
    if (error) return 'strace(1) is not installed';
    if (status !== 0) return `strace(1) does not work here: ${stderr.trim().slice(-200)}`;
  }
  return undefined;
})();

/** The `nth` system call of this name that the main thread of a program makes. */
export interface SystemCall {
  readonly call: string;
  readonly nth: number;
}

/** A system call that changes something: `what` is its name and that of the file, `fsync b1.json`. */
export interface Change extends SystemCall {
  readonly what: string;
}

/** How to run a program so that {@link changesIn} finds in `log` what it does. */
export function rehearsing(log: string): string[] {
  return [...STRACE, '-o', log, '-e', 'trace=%file,%desc,?kill'];
}

/**
 * How to run a program so that one of its system calls is interfered with: `fault` is one of strace's, `signal=KILL`
 * (before the call does anything) or `error=ENOSPC` (instead of the call). {@link wasHit} finds in `log` which it was.
 * With `path` only those calls count that are about this file.
 */
export function interfering({ call, nth }: SystemCall, fault: string, log: string, path?: string): string[] {
  const only = path === undefined ? [] : ['-P', path];
  return [...STRACE, ...only, '-o', log, '-e', `trace=${call}`, '-e', `inject=${call}:${fault}:when=${nth}`];
}

/**
 * What only looks. Everything else that is about a file is taken for a change, known or not; so is what opens a file
 * that it may make.
 */
const LOOKS =
  /^(open|openat|close|read|readv|pread64|lseek|mmap|fcntl|ioctl|dup3?|execve|chdir|getcwd|getdents64|(l|f|new)?stat(fs|x|at)?(64)?|newfstatat|f?accessat?2?|access|readlink(at)?|f?l?getxattr)$/;

/**
 * Everything that the traced program changed, or tried to, in files below `directory`, and every signal that it sent.
 * In order.
 */
export function changesIn(log: string, directory: string): Change[] {
  const counts = new Map<string, number>();
  const uncountable = new Set<string>();
  return linesOf(log).flatMap((line): Change[] => {
    const call = /^(\w+)\(/.exec(line)?.[1];
    if (call === undefined) return [];
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    if (uncountable.has(call) || !isChange(call, line, directory)) return [];
    // After its signal a cancel reads files of processes, as long as there are any: what it opens later has no number.
    if (call === 'kill') ['open', 'openat'].forEach((one) => uncountable.add(one));
    return [{ call, nth, what: `${call} ${fileOf(line)}` }];
  });
}

function isChange(call: string, line: string, directory: string): boolean {
  if (call === 'kill') return !line.includes(', 0)'); // 0 only asks
  return line.includes(directory) && (!LOOKS.test(call) || line.includes('O_CREAT'));
}

/** Its name, without the pids and build ids that differ from run to run. */
function fileOf(line: string): string {
  const paths = [...line.matchAll(/["<](\/[^">]*)[">]/g)].map(([, path = '']) => path);
  return basename(paths.at(-1) ?? '')
    .replace(/\.\d+-\d+\.tmp$/, '.tmp')
    .replace(/\b[0-9a-z]{14}\b/, 'ID');
}

/**
 * The places to look for `change`, one after the other: the runtime may have opened one file more in the rehearsal, or
 * now.
 */
export function placesOf({ call, nth }: Change): SystemCall[] {
  return [0, 0, -1, 1, 0, -2, 2, -3, 3].map((offset) => ({ call, nth: Math.max(nth + offset, 1) }));
}

/**
 * Whether what was interfered with is that very change below `directory`: the count is off when the runtime did
 * something else first.
 */
export function wasHit({ call, what }: Change, log: string, directory: string): boolean {
  const hit = linesOf(log).find((line) => line.includes('(INJECTED)') || line.endsWith(' = ?'));
  return hit !== undefined && isChange(call, hit, directory) && `${call} ${fileOf(hit)}` === what;
}

function linesOf(log: string): string[] {
  return readFileSync(log, 'utf8').split('\n');
}
