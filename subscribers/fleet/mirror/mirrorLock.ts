import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { takeLock } from '../../../host/files/flock';
import { Failure } from '../../../host/failure';

const RETRY_MS = 100;

/**
 * Takes the lock of the mirror in `directory`, so that only one process writes into it. Waits at most `patience` ms,
 * then rejects with {@link MirrorInUse}. Resolves to a function that gives the lock back. If the process is killed,
 * the kernel does that.
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
