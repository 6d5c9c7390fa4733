import type { Host } from '../host/dokku/environment';
import type { AppBuilds } from '../host/dokku/paths';
import { reasonOf } from '../host/failure';
import type { Handled } from '../journal/handleCommand';
import { listeningSince } from './notifications/listeningPlugins';
import { hasNotifyUrl } from './notifications/settings';
import { isDeliveryInterrupted, requestDelivery } from './notifications/requestDelivery';
import { isQueuedUpTo } from './notifications/queue/queuedUpTo';

/**
 * Has notifications of what is new in the app's journal sent: to the plugins that have the trigger `builds-event`, and to the receiver of the
 * app's `notify-url`. A process that outlives this one does that. Never throws: a failure is only a warning, since the events are
 * stored and the app's next trigger tries again. Nothing is sent alongside the stock plugin, which decides there how builds end.
 */
export function tellOthers(host: Host, builds: AppBuilds, handled: Handled, warn: (message: string) => void): void {
  if (builds.alongside === true) return;
  const { app, directory, buildsRoot } = builds;
  try {
    const isWanted = hasNotifyUrl(host, app) || listeningSince(host, process.env['PATH'] ?? '') !== undefined;
    if (isWanted && !isQueuedUpTo(directory, handled.loaded.head)) requestDelivery(buildsRoot, app);
    else if (isDeliveryInterrupted(buildsRoot)) requestDelivery(buildsRoot);
  } catch (error) {
    warn(`Notifications about ${app} could not be queued: ${reasonOf(error)}`);
  }
}
