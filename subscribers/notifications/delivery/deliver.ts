import type { Call } from '../../../host/call';
import type { Host } from '../../../host/dokku/environment';
import { buildsRoot } from '../../../host/dokku/paths';
import { Alarm } from '../../../host/system/alarm';
import { makeDirectory } from '../../../host/files/files';
import { watchDirectory } from '../../../host/files/watchDirectory';
import { changedAppsDirectory, hasChangedApps, removeChangedAppsDirectory } from '../queue/changedApps';
import { isQueueEmpty, queueDirectory, sweepQueue } from '../queue/queue';
import { Delivery } from './delivery';
import { deliverAlone } from './soleDeliverer';

/**
 * How long to wait at most before looking again: for clocks that jump, and file systems that do not report changes.
 */
const LONGEST_WAIT_MS = 30_000;

/**
 * `builds-deliver`: queues the events of the apps that have new ones, delivers what is in the queue, and ends when
 * nothing waits any more. Triggers and commands start it behind themselves. To start it by hand does no harm: it ends
 * at once if another one is at work.
 */
export async function deliver({ host }: Call): Promise<undefined> {
  const root = buildsRoot(host);
  let unreadable = 0;
  const isDone = (): boolean => isQueueEmpty(root) && (unreadable > 0 || !hasChangedApps(root));
  if (isDone()) return;
  await deliverAlone(
    queueDirectory(root),
    async () => {
      unreadable = await deliverAll(host, root);
    },
    isDone,
  );
}

/** Returns how many apps are left whose journals could not be read: the next deliverer tries again. */
async function deliverAll(host: Host, root: string): Promise<number> {
  const alarm = new Alarm();
  makeDirectory(changedAppsDirectory(root), 0o700);
  const endWatch = watchDirectory(changedAppsDirectory(root), alarm.ring);
  try {
    sweepQueue(root);
    const delivery = new Delivery(host, root, alarm.ring);
    for (;;) {
      alarm.hasRung(); // before anything is read: later changes ring again
      const wakeAt = delivery.step();
      if (delivery.isIdle) return delivery.unreadable;
      await alarm.rest(Math.min(LONGEST_WAIT_MS, Math.max(wakeAt - Date.now(), 0)));
    }
  } finally {
    endWatch();
    removeChangedAppsDirectory(root);
  }
}
