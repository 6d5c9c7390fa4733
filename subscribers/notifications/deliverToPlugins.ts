import { spawn } from 'node:child_process';

import { dequeue, type Queued } from './queue';
import { EVENT_TRIGGER } from '../notifySubscribers';

/** A plugin that takes longer is ended, so that it does not keep the others from hearing of what comes next. */
const LIMIT_MS = 60_000;

/**
 * Calls the trigger `builds-event` of every plugin that has it, with the event on its stdin. How a plugin ends is its own business: it
 * has been told. Told again only when this process is killed in between. Rejects nothing but system errors of the queue.
 */
export async function deliverToPlugins(root: string, queued: Queued): Promise<void> {
  const { app, build, type, status, event } = queued.announcement;
  await new Promise<void>((resolve) => {
    const plugn = spawn('plugn', ['trigger', EVENT_TRIGGER, app, build, type, status], {
      detached: true, // a group of its own, to be ended as a whole
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const patience = setTimeout(() => {
      if (plugn.pid !== undefined) endGroup(plugn.pid);
    }, LIMIT_MS);
    const end = (): void => {
      clearTimeout(patience);
      resolve();
    };
    plugn.on('error', end); // no plugn any more
    plugn.on('exit', end);
    plugn.stdin.on('error', () => undefined); // a plugin need not read what it is told
    plugn.stdin.end(`${JSON.stringify(event)}\n`);
  });
  dequeue(root, queued);
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has just ended by itself
  }
}
