import type { Host } from '../host/dokku/environment';
import type { AppBuilds } from '../host/dokku/paths';
import { reasonOf, type Warn } from '../host/failure';
import type { Handled } from '../journal/handleCommands';
import { isMetricsFileWanted } from './metrics/settings';
import { listeningSince } from './notifications/listeningPlugins';
import { isQueuedUpTo } from './notifications/queue/queuedUpTo';
import { isDeliveryInterrupted, requestDelivery } from './notifications/requestDelivery';
import { hasNotifyUrl } from './notifications/notifyUrl';
import { requestPages } from './page/requestPages';

/**
 * Has notifications of what is new in the app's journal sent: to the plugins that have the trigger `builds-event`, and
 * to the receiver of the app's `notify-url`. A process that outlives this one does that. A failure is only a warning:
 * the events are stored, and the app's next trigger tries again. Alongside the stock plugin nothing is sent, because
 * that plugin decides how builds end.
 */
export function notifySubscribers(host: Host, builds: AppBuilds, handled: Handled, warn: Warn): void {
  if (builds.mode !== 'owner') return;
  const { app, directory, buildsRoot } = builds;
  try {
    const isWanted =
      hasNotifyUrl(host, app) ||
      isMetricsFileWanted(host) ||
      listeningSince(host, process.env['PATH'] ?? '') !== undefined;
    if (isWanted && !isQueuedUpTo(directory, handled.loaded.head)) requestDelivery(buildsRoot, app);
    else if (isDeliveryInterrupted(buildsRoot)) requestDelivery(buildsRoot);
  } catch (error) {
    warn(`Notifications about ${app} could not be queued: ${reasonOf(error)}`);
  }
  try {
    requestPages(host, app);
  } catch (error) {
    warn(`The page of ${app} could not be brought up to date: ${reasonOf(error)}`);
  }
}
