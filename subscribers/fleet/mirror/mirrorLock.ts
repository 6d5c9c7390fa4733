import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { takeLock } from '../../../host/system/flock';
import { Failure } from '../../../host/failure';

const RETRY_MS = 100;

/**
 * Only one process at a time writes into the mirror in `directory`. Waits up to `patience` ms for another one, then
 * rejects with {@link MirrorInUse}. Resolves to the function that ends it; the kernel does that for a process that
 * was killed.
 */
export async function lockMirror(directory: string, patience: number): Promise<() => void> {
  for (const until = Date.now() + patience; ;) {
    const lock = takeLock(join(directory, 'lock'));
    if (lock !== undefined) return () => closeSync(lock);
    if (Date.now() >= until) throw new MirrorInUse();
    await wait(RETRY_MS);
  }
}

/** Another process is bringing the mirror up to date. */
export class MirrorInUse extends Failure {
  constructor() {
    super('Another process is reading into the mirror');
  }
}
