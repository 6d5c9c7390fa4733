import { spawn } from 'node:child_process';

import { EVENT_TRIGGER } from '../listeningPlugins';
import type { Queued } from '../queue/queue';
import type { Outcome } from './deliverToReceiver';

/** A plugin that takes longer is ended, so that it does not hold up the next event. */
const LIMIT_MS = 60_000;

/**
 * Calls the trigger `builds-event` of every plugin that has it, with the event on its stdin. However a plugin ends, it
 * was called: the outcome is always `done`. It is called again only if this process is killed during the call. Never
 * rejects.
 */
export async function deliverToPlugins({ notification }: Queued): Promise<Outcome> {
  const { app, build, type, status, event } = notification;
  await new Promise<void>((resolve) => {
    const plugn = spawn('plugn', ['trigger', EVENT_TRIGGER, app, build, type, status], {
      detached: true, // a group of its own, to be ended as a whole
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const limit = setTimeout(() => {
      if (plugn.pid !== undefined) endGroup(plugn.pid);
    }, LIMIT_MS);
    const end = (): void => {
      clearTimeout(limit);
      resolve();
    };
    plugn.on('error', end); // there is no plugn any more
    plugn.on('exit', end);
    plugn.stdin.on('error', () => undefined); // a plugin need not read it
    plugn.stdin.end(`${JSON.stringify(event)}\n`);
  });
  return { type: 'done' };
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has just ended by itself
  }
}
