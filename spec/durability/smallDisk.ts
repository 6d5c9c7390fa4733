import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { temporaryDirectory } from '../host/temporaryHost';
import { unshared } from './namespaces';

/**
 * A file system of so many bytes, in memory, in a mount namespace of its own, seen through the process that holds it: nothing is mounted
 * for anybody else. It is gone when the test has ended. A sentence that says why when this user may not make one.
 */
export async function smallDisk(t: ExecutionContext, bytes: number): Promise<{ path: string } | string> {
  const directory = temporaryDirectory(t);
  const script = `mount -t tmpfs -o size=${bytes},mode=0755 none "$1" && echo ready && exec cat`;
  const [unshare = '', ...namespaces] = unshared('--mount');
  const holder = spawn(unshare, [...namespaces, 'sh', '-c', script, 'sh', directory], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  t.teardown(() => holder.kill('SIGKILL'));
  let problem = '';
  holder.stderr.on('data', (some: Buffer) => (problem += some.toString()));
  holder.on('error', (error) => (problem = error.message));
  const ready = await Promise.race([
    once(holder.stdout, 'data').then(() => true),
    once(holder, 'close').then(() => false),
  ]).catch(() => false);
  if (!ready) return `no file system can be mounted here: ${problem.trim()}`;
  const path = `/proc/${holder.pid ?? 0}/root${directory}`;
  try {
    writeFileSync(join(path, 'probe'), '');
  } catch {
    return 'a file system was mounted, but cannot be reached from outside of its namespace';
  }
  return existsSync(join(directory, 'probe')) ? 'what was mounted is seen by everybody' : { path };
}
