import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { CallOptions, Result, Sandbox } from '../../../scripts/sandbox/host';

/** Kills a program at the n-th change it makes to the file system, before that change; writes down those it made. */
const PRELOAD = `
const fs = require('node:fs');
const { KILL_AT, CHANGES } = process.env;
delete process.env.NODE_OPTIONS;
let changes = 0;
const append = fs.appendFileSync;
for (const name of ['renameSync', 'symlinkSync', 'unlinkSync', 'rmSync', 'lchownSync']) {
  const real = fs[name];
  fs[name] = (...args) => {
    changes += 1;
    if (changes === Number(KILL_AT)) process.kill(process.pid, 'SIGKILL');
    append(CHANGES, name + ' ' + args.join(' ') + '\\n');
    return real.apply(fs, args);
  };
}
`;

/** Runs `command` on `host`, killed at its `at`-th change (0: not at all). Gives its changes, and what it left. */
export async function runKilled(
  host: Sandbox,
  command: readonly [string, ...string[]],
  at: number,
  options: CallOptions = {},
): Promise<{ result: Result; changes: string[] }> {
  const preload = join(host.paths.tmp, 'kill.cjs');
  const changes = join(host.paths.tmp, 'changes');
  host.write(preload, PRELOAD);
  host.write(changes, '');
  const env = { NODE_OPTIONS: `--require ${preload}`, KILL_AT: String(at), CHANGES: changes };
  const result = await host.run(command, { ...options, env });
  return { result, changes: readFileSync(changes, 'utf8').split('\n').slice(0, -1) };
}

/** The changes worth being killed at: all, but of the copies of files only some. */
export function killPoints(changes: readonly string[]): number[] {
  return changes.flatMap((change, index) => (!/\.\d+\.tmp\//.test(change) || index % 15 === 0 ? [index + 1] : []));
}
