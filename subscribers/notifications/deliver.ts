import { type FSWatcher, watch } from 'node:fs';

import type { Call } from '../../host/call';
import { deliverAlone } from './deliverer';
import type { Host } from '../../host/dokku/environment';
import { buildsRoot } from '../../host/dokku/paths';
import { isQueueEmpty, type Queued, queueDirectory, readQueue, sweepQueue } from './queue';
import { deliverToPlugins } from './deliverToPlugins';
import { deliverToReceiver, receiverOf } from './deliverToReceiver';

/**
 * `builds-deliver`: works off what waits for others to hear of, and ends when nothing does any more. Started by whoever queues something,
 * never by a person, but no harm is done: while another one is at work it ends at once.
 */
export async function deliver({ host }: Call): Promise<undefined> {
  const root = buildsRoot(host);
  if (isQueueEmpty(root)) return;
  await deliverAlone(
    queueDirectory(root),
    () => workOff(host, root),
    () => isQueueEmpty(root),
  );
}

/** How long to wait at most before looking again: for clocks that jump, and file systems that do not tell of changes. */
const LONGEST_WAIT_MS = 30_000;

/**
 * One announcement at a time for each receiver, so that a slow one keeps nobody else waiting, and a broken one is not besieged. What
 * was never tried goes first, so that it does not queue behind what fails.
 */
async function workOff(host: Host, root: string): Promise<void> {
  const busy = new Map<string, string>();
  const bell = new Bell(queueDirectory(root));
  try {
    sweepQueue(root);
    for (;;) {
      const rung = bell.next(); // before the look: what comes after it rings
      const now = Date.now();
      const waiting = readQueue(root);
      if (waiting.length === 0 && busy.size === 0) return;
      for (const queued of waiting.filter(({ next }) => next <= now)) {
        const lane = queued.target === 'plugins' ? 'plugins' : receiverOf(host, queued);
        if (busy.has(lane)) continue;
        busy.set(lane, queued.name);
        void deliverOne(host, root, queued).then(() => {
          busy.delete(lane);
          bell.ring();
        });
      }
      const later = waiting.map(({ next }) => next - now).filter((ms) => ms > 0);
      await Promise.race([rung, bell.after(Math.min(LONGEST_WAIT_MS, ...later))]);
    }
  } finally {
    bell.close();
  }
}

function deliverOne(host: Host, root: string, queued: Queued): Promise<void> {
  return queued.target === 'plugins' ? deliverToPlugins(root, queued) : deliverToReceiver(host, root, queued);
}

/** Rings when something changes in a directory, and when it is rung. */
class Bell {
  readonly #watcher: FSWatcher | undefined;
  #ring: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string) {
    try {
      this.#watcher = watch(directory, () => {
        this.ring();
      });
      this.#watcher.on('error', () => undefined);
    } catch {
      // no watches left on this host: the timer has to do
    }
  }

  next(): Promise<void> {
    return new Promise((resolve) => (this.#ring = resolve));
  }

  ring(): void {
    this.#ring();
  }

  after(ms: number): Promise<void> {
    clearTimeout(this.#timer);
    return new Promise((resolve) => (this.#timer = setTimeout(resolve, ms)));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watcher?.close();
  }
}
