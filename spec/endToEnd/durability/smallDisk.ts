import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { temporaryDirectory } from '../../temporaryHost';
import { cannotRun, unshared } from './namespaces';

/** Why this user may not make one; undefined when he may. */
export const cannotMountDisk = cannotRun('mount -t tmpfs none /tmp', '--mount');

/**
 * The path of a file system of so many bytes, in memory, in a mount namespace of its own, seen through the process
 * that holds it: nothing is mounted for anybody else. It is gone when the test has ended.
 */
export async function smallDisk(t: ExecutionContext, bytes: number): Promise<string> {
  const directory = temporaryDirectory(t);
  const script = `mount -t tmpfs -o size=${bytes},mode=0755 none "$1" && echo ready && exec cat`;
  const [unshare = '', ...namespaces] = unshared('--mount');
  const holder = spawn(unshare, [...namespaces, 'sh', '-c', script, 'sh', directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const path = `/proc/${holder.pid ?? 0}/root${directory}`;
  writeFileSync(join(path, 'probe'), '');
  if (existsSync(join(directory, 'probe'))) throw new Error('what was mounted is seen by everybody');
  return path;
}
