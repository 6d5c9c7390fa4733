import { readdirSync, readFileSync, rmSync } from 'node:fs';

/** How often something may be made in a directory while it is removed, before that is not a coincidence. */
const MOST_TRIES = 100;

/**
 * Removes a directory that programs may still write to. Node tries its last step again, but never looks for what was
 * made in the directory in the meantime.
 */
export function removeDirectory(path: string): void {
  for (let tries = 1; ; tries += 1) {
    try {
      rmSync(path, { recursive: true, force: true });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY' || tries === MOST_TRIES) throw error;
    }
  }
}

/** Ends every process that has `variable` in the environment that it was started with. */
export function endProcessesWith(variable: string): void {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'latin1').split('\0');
      if (environment.includes(variable)) process.kill(Number(name), 'SIGKILL');
    } catch {
      // it has ended, or is another user's
    }
  }
}
