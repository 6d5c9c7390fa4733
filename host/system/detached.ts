import type * as childProcess from 'node:child_process';

import { selfCommand } from './self';

/** Starts this program as `name`, as {@link startDetached} starts any. */
export function startSelfDetached(name: string): void {
  const { program, args } = selfCommand();
  startDetached(program, [...args, name]);
}

/**
 * Starts a program that lives on by itself: in a session of its own, so that no signal to a deploy reaches it, and in
 * the directory `/`. It inherits no descriptor, since the runtime closes all but the standard streams: a deploy holds
 * its lock on descriptor 200, and a process that inherited that would keep the app locked.
 */
export function startDetached(program: string, args: readonly string[]): void {
  const argv0 = program === process.execPath ? 'dokku-builds' : program; // by this name it reads its first argument
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- most calls start nothing, and need not load it
  const { spawn } = require('node:child_process') as typeof childProcess;
  const child = spawn(program, args, { argv0, cwd: '/', detached: true, stdio: 'ignore' });
  child.on('error', () => undefined); // the next call tries again
  child.unref();
}
