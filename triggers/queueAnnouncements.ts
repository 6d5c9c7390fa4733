import { isDelivererAlive } from '../host/deliverer';
import { startDetached } from '../host/detached';
import type { Host } from '../host/environment';
import { resolveNotifySettings } from '../host/notifySettings';
import type { AppBuilds } from '../host/paths';
import { noteAnnounced, unannounced } from '../projections/announcedUpTo';
import { announce } from '../projections/announcement';
import { enqueue, isQueueEmpty, queueDirectory } from '../projections/announcementQueue';
import type { Handled } from '../projections/handleCommand';

/** For how long a message is worth sending, ms. */
export const WORTH_TELLING_MS = 24 * 60 * 60 * 1000;

/** Name of the program that delivers. */
export const DELIVERER = 'builds-deliver';

/** Queues what `handled` added for those who want to hear of it, and starts a deliverer where none is at work. */
export function queueAnnouncements(
  host: Host,
  builds: AppBuilds,
  handled: Handled,
  wanted: { readonly receiver: boolean; readonly plugins: boolean },
): void {
  const { app, directory, buildsRoot } = builds;
  if (wanted.receiver || wanted.plugins) {
    const settings = wanted.receiver ? resolveNotifySettings(host, app) : undefined;
    for (const recorded of unannounced(directory, handled, Date.now() - WORTH_TELLING_MS)) {
      const announcement = announce(app, recorded, handled.loaded.history);
      const { at } = recorded;
      if (wanted.plugins) enqueue(buildsRoot, 'plugins', announcement, at);
      if (settings && announcement.on && settings.on.has(announcement.on) && at >= settings.since) {
        enqueue(buildsRoot, 'receiver', announcement, at);
      }
    }
    noteAnnounced(directory, handled);
  }
  if (!isQueueEmpty(buildsRoot) && !isDelivererAlive(queueDirectory(buildsRoot))) startDetached(DELIVERER);
}
