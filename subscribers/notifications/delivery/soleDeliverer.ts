import { closeSync, ftruncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { takeLock } from '../../../host/files/flock';
import { readSmallFile } from '../../../host/files/openFile';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../../host/system/processes';

/** In the directory of the queue. The process that delivers holds a flock on it, and writes its identity into it. */
const LOCK_FILE = 'deliverer';
const LOCK_BYTES = 1024;

/** The named deliverer: it runs, or was `killed` before its work was done. `none`: no deliverer is named. */
export type DelivererState = 'alive' | 'killed' | 'none';

/**
 * The state that the lock file in `directory` gives. If a process queues something first and then gets `alive`, the
 * deliverer will find it: it checks once more before it ends, see {@link deliverAlone}.
 */
export function delivererState(directory: string): DelivererState {
  try {
    const text = readSmallFile(join(directory, LOCK_FILE), LOCK_BYTES) ?? '';
    if (text === '') return 'none';
    return isAlive(JSON.parse(text) as ProcessIdentity) ? 'alive' : 'killed';
  } catch {
    return 'killed'; // then another one is started, and the lock shows whether one is at work
  }
}

/**
 * Calls `work` as the only process of the host that does so for `directory`, and again until `isDone`. Returns at once
 * if another one is at work.
 *
 * Nothing is left behind: a process that queues something then checks whether a deliverer is named, and starts one if
 * not. The name is removed before the lock is given back, and only then `isDone` is asked for the last time. If the
 * process is killed, the kernel gives the lock back, and the name stays.
 */
export async function deliverAlone(directory: string, work: () => Promise<void>, isDone: () => boolean): Promise<void> {
  do {
    const lock = takeLock(join(directory, LOCK_FILE));
    if (lock === undefined) return;
    try {
      ftruncateSync(lock, 0); // the name of one that was killed
      writeSync(lock, Buffer.from(JSON.stringify(identifyProcess(process.pid))), 0, undefined, 0);
      await work();
      ftruncateSync(lock, 0);
    } finally {
      closeSync(lock);
    }
  } while (!isDone());
}
