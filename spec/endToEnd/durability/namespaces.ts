import { spawnSync } from 'node:child_process';

/**
 * How to run a program in namespaces of its own (`--mount`, `--pid` …), see unshare(1); who is not root becomes it in
 * there.
 */
export function unshared(...namespaces: string[]): string[] {
  const asRoot = process.getuid?.() === 0;
  return ['unshare', ...namespaces, ...(asRoot ? [] : ['--user', '--map-root-user'])];
}

/** Why a shell script cannot be run in these namespaces; undefined when it can. */
export function cannotRun(script: string, ...namespaces: string[]): string | undefined {
  const [unshare = '', ...args] = unshared(...namespaces);
  const { error, status, stderr } = spawnSync(unshare, [...args, 'sh', '-c', script], { encoding: 'utf8' });
  if (error) return 'unshare(1) is not installed: it is in package util-linux';
  return status === 0 ? undefined : `unshare(1) may not do this here: ${stderr.trim().slice(-200)}`;
}
