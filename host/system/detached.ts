import type * as childProcess from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

import { selfCommand } from './self';

/**
 * Starts this program as `name`, to live on by itself: in a session of its own, so that no signal to a deploy reaches it, and with none
 * of the descriptors that were left open for us. A deploy holds its lock on descriptor 200, and every process it starts inherits
 * that: one that stayed would keep the app locked.
 */
export function startDetached(name: string): void {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where there is something to start
  const { spawn } = require('node:child_process') as typeof childProcess;
  const nowhere = openSync('/dev/null', 'r+');
  try {
    const stdio: ('ignore' | number)[] = ['ignore', 'ignore', 'ignore'];
    for (const fd of inheritedDescriptors()) {
      while (stdio.length < fd) stdio.push('ignore'); // leaves that number as it is
      stdio[fd] = nowhere;
    }
    const { program, args } = selfCommand();
    const child = spawn(program, [...args, name], { argv0: 'dokku-builds', cwd: '/', detached: true, stdio });
    child.on('error', () => undefined); // the next call tries again
    child.unref();
  } finally {
    closeSync(nowhere);
  }
}

const STANDARD_STREAMS = 3;
const CLOSED_ON_EXEC = 0o2000000; // O_CLOEXEC of open(2), as /proc/<pid>/fdinfo shows it

/** Descriptors from 3 on that a child would inherit, in ascending order: Node makes none like that itself. */
function inheritedDescriptors(): number[] {
  const descriptors = list('/proc/self/fd')
    .map(Number)
    .sort((a, b) => a - b);
  return descriptors.filter((fd) => {
    const flags = fd >= STANDARD_STREAMS ? /^flags:\s*([0-7]+)$/m.exec(readInfo(fd))?.[1] : undefined;
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSED_ON_EXEC) === 0;
  });
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // no /proc
  }
}

function readInfo(fd: number): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');
  } catch {
    return ''; // it was that of the listing itself
  }
}
