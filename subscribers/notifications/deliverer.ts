import { closeSync, ftruncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { takeLock } from '../../host/dokku/locks';
import { readSmallFile } from '../../host/system/files';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../host/system/processes';

/** In the directory of the queue: held under flock by the process that delivers, and says which one that is. */
const LOCK_FILE = 'deliverer';
const LOCK_BYTES = 1024;

/**
 * Whether a process delivers what waits in `directory`, or will look once more before it ends. Asked after something was put there,
 * the answer can be relied on: see {@link deliverAlone}.
 */
export function isDelivererAlive(directory: string): boolean {
  try {
    const text = readSmallFile(join(directory, LOCK_FILE), LOCK_BYTES);
    return text !== undefined && text !== '' && isAlive(JSON.parse(text) as ProcessIdentity);
  } catch {
    return false; // then one more is started, which finds out by the lock
  }
}

/**
 * Calls `work` as the only process of the host that does so for `directory`, and again as long as `isDone` says that there is more.
 * Returns at once when another one is at it.
 *
 * Nothing is left behind: who puts something there looks afterwards whether a deliverer is named, and starts one if not. The name is taken
 * out before the lock is given back, and only then `isDone` is asked for the last time. The kernel gives the lock back when
 * the process is killed.
 */
export async function deliverAlone(directory: string, work: () => Promise<void>, isDone: () => boolean): Promise<void> {
  do {
    const lock = takeLock(join(directory, LOCK_FILE));
    if (lock === undefined) return;
    try {
      ftruncateSync(lock, 0); // the name of one that was killed
      writeSync(lock, Buffer.from(JSON.stringify(identifyProcess(process.pid))), 0, undefined, 0);
      await work();
    } finally {
      ftruncateSync(lock, 0);
      closeSync(lock);
    }
  } while (!isDone());
}
