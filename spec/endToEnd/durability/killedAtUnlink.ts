import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { temporaryDirectory } from '../../temporaryHost';

const PRELOAD = `
const fs = require('node:fs');
const { unlinkSync } = fs;
let left = Number(process.env.KILL_AT);
fs.unlinkSync = (path) => {
  if ((left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
  unlinkSync(path);
};
`;

/** The environment of a call that a SIGKILL ends right before it removes its `nth` file. For hosts without strace, too. */
export function killedAtUnlink(t: ExecutionContext, nth: number): Record<string, string> {
  const preload = join(temporaryDirectory(t), 'kill.cjs');
  writeFileSync(preload, PRELOAD);
  return { NODE_OPTIONS: `--require ${preload}`, KILL_AT: String(nth) };
}
