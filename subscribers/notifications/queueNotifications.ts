import { isDelivererAlive } from './deliverer';
import { startSelfDetached } from '../../host/system/detached';
import type { Host } from '../../host/dokku/environment';
import { resolveNotifySettings } from './settings';
import type { AppBuilds } from '../../host/dokku/paths';
import { noteAnnounced, unannounced } from './queuedUpTo';
import { announce } from './notification';
import { enqueue, isQueueEmpty, queueDirectory } from './queue';
import type { Handled } from '../../journal/handleCommands';

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
  if (!isQueueEmpty(buildsRoot) && !isDelivererAlive(queueDirectory(buildsRoot))) startSelfDetached(DELIVERER);
}
