import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { builtPlugin } from '../../../scripts/sandbox/layout';

/** What a program printed, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built executable as somebody whose home is `home`; `input` is its stdin. */
export async function runAs(home: string, args: readonly string[], input = ''): Promise<Ended> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, DOKKU_LIB_ROOT: join(home, 'lib') };
  mkdirSync(env.DOKKU_LIB_ROOT, { recursive: true });
  const child = spawn(join(builtPlugin, 'bin', 'dokku-builds'), args, { env, stdio: 'pipe' });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  child.stdin.on('error', () => undefined); // it may end before it reads anything
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout, stderr };
}
