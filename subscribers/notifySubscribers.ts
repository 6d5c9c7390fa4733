import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Host } from '../host/dokku/environment';
import type { AppBuilds } from '../host/dokku/paths';
import { reasonOf } from '../host/failure';
import type { Handled } from '../journal/handleCommands';
import { isQueueEmpty } from './notifications/queue';
import { queueAnnouncements } from './notifications/queueNotifications';
import { hasNotifyUrl } from './notifications/settings';

/**
 * Tells the subscribers what `handled` added, which is on disk. A subscriber that fails never delays or fails the deploy: here its
 * notifications are only queued, a process of its own delivers them, and a failure is a warning. Alongside the stock plugin
 * nobody is notified, because that plugin decides how builds end.
 */
export function notifySubscribers(
  host: Host,
  builds: AppBuilds,
  handled: Handled,
  warn: (message: string) => void,
): void {
  if (builds.mode !== 'owner') return;
  try {
    const receiver = hasNotifyUrl(host, builds.app);
    const plugins = hasListeningPlugin(host);
    if (receiver || plugins || !isQueueEmpty(builds.buildsRoot))
      queueAnnouncements(host, builds, handled, { receiver, plugins });
  } catch (error) {
    warn(`Nobody could be notified of this build of ${builds.app}: ${reasonOf(error)}`);
  }
}

/** Called by `plugn trigger` with the app, the build id, the event's type and the build's status; the event is on its stdin. */
export const EVENT_TRIGGER = 'builds-event';

const EVENT_LOG_PLUGIN = '20_events'; // has every trigger, and logs that it was called

/** Whether an enabled plugin has the trigger, and there is a plugn to call it. */
function hasListeningPlugin(host: Host): boolean {
  const enabled = join(host.pluginPath, 'enabled');
  if (!existsSync(enabled)) return false;
  const listens = (plugin: string): boolean =>
    plugin !== EVENT_LOG_PLUGIN && existsSync(join(enabled, plugin, EVENT_TRIGGER));
  return readdirSync(enabled).some(listens) && isOnPath('plugn');
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return directory !== '';
    } catch {
      return false;
    }
  });
}
