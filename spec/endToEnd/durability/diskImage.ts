import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { temporaryDirectory } from '../../temporaryHost';
import { cannotRun, unshared } from './namespaces';

/** Unsynced data stays in memory for longer than any test takes: by default ext4 writes it after 5 s. */
const MOUNT = 'mount -o loop,commit=600';

/** Why no image can be mounted here; undefined when it can. */
export const cannotMountImage = cannotRun(
  `mount -t tmpfs none /tmp && truncate -s 8M /tmp/image && mkfs.ext4 -q /tmp/image && ${MOUNT} /tmp/image /mnt`,
  '--mount',
);

/** A file system in a file, mounted in a namespace of its own; it is gone when the test has ended. */
export interface DiskImage {
  /** Where it is seen, through the process that holds it. */
  readonly path: string;
  /** What is on it if the power fails now, mounted again: without what programs have written and nobody has synced. */
  afterPowerCut(): Promise<DiskImage>;
}

/** An empty one of so many bytes. */
export async function diskImage(t: ExecutionContext, bytes: number): Promise<DiskImage> {
  const image = join(temporaryDirectory(t), 'image');
  execFileSync('truncate', ['-s', String(bytes), image]);
  execFileSync('mkfs.ext4', ['-q', image]);
  return mounted(t, image);
}

async function mounted(t: ExecutionContext, image: string): Promise<DiskImage> {
  const directory = temporaryDirectory(t);
  const script = `${MOUNT} "$1" "$2" && echo ready && exec cat`;
  const [unshare = '', ...namespaces] = unshared('--mount');
  const holder = spawn(unshare, [...namespaces, 'sh', '-c', script, 'sh', image, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  return {
    path: `/proc/${holder.pid ?? 0}/root${directory}`,
    afterPowerCut() {
      const copy = join(temporaryDirectory(t), 'image');
      copyFileSync(image, copy); // the file has what the file system has handed to its disk
      return mounted(t, copy);
    },
  };
}
