import { spawnSync } from 'node:child_process';

/** Why no system call can be interfered with here; undefined when strace(1) can do it. */
export const cannotTrace: string | undefined = ((): string | undefined => {
  const [strace = '', ...args] = interfering('write', 'error=ENOSPC', 60_000);
  const { error, status, stderr } = spawnSync(strace, [...args, 'true'], { encoding: 'utf8' });
  if (error) return 'strace(1) is not installed';
  return status === 0 ? undefined : `strace(1) does not work here: ${stderr.trim().slice(-200)}`;
})();

/**
 * How to run a program so that its `nth` system call of this name is interfered with, and the later ones not: `fault` is one of
 * strace's, `signal=KILL` (before the call does anything) or `error=ENOSPC` (instead of the call). With `path` only those calls count
 * that are about this file.
 */
export function interfering(systemCall: string, fault: string, nth: number, path?: string): string[] {
  const only = path === undefined ? [] : ['-P', path];
  const inject = `inject=${systemCall}:${fault}:when=${nth}`;
  return ['strace', '-f', '-qq', '-o', '/dev/null', ...only, '-e', `trace=${systemCall}`, '-e', inject];
}
