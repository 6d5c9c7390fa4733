import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Host } from '../host/dokku/environment';
import { reasonOf } from '../host/failure';
import { hasNotifyUrl } from './notifications/settings';
import type { AppBuilds } from '../host/dokku/paths';
import { isQueueEmpty } from './notifications/queue';
import type { Handled } from '../journal/handleCommand';
import type * as queueing from './notifications/queueNotifications';

/**
 * Lets others hear of what `handled` added, which is on disk: the plugins that have the trigger `builds-event`, and the receiver of the
 * app's `notify-url`. It is only queued here; a process that outlives this one delivers it, and goes on with what waits from
 * before. Never throws: `warn` is told. Alongside the stock plugin nobody is told anything, since it decides how builds end.
 *
 * Every deploy comes by here three times: where nobody wants to hear, that costs a few looks at directories, and no module.
 */
export function tellOthers(host: Host, builds: AppBuilds, handled: Handled, warn: (message: string) => void): void {
  if (builds.alongside === true) return;
  try {
    const receiver = hasNotifyUrl(host, builds.app);
    const plugins = hasListeningPlugin(host);
    if (!receiver && !plugins && isQueueEmpty(builds.buildsRoot)) return;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where somebody wants to hear
    const { queueAnnouncements } = require('./notifications/queueNotifications') as typeof queueing;
    queueAnnouncements(host, builds, handled, { receiver, plugins });
  } catch (error) {
    warn(`Others could not be told of this build of ${builds.app}: ${reasonOf(error)}`);
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
