import type { Host } from '../../../host/dokku/environment';
import type { AppName } from '../../../host/dokku/names';
import { DAY_MS } from '../../../host/durations';
import { type AppBuilds, appBuilds } from '../../../host/dokku/paths';
import type { Recorded } from '../../../journal/events';
import { loadHistory } from '../../../journal/loadHistory';
import { isEnded } from '../endedReceivers';
import { listeningSince } from '../listeningPlugins';
import { notificationOf } from '../notification';
import { asksFor, type Occasion, resolveNotifySettings } from '../settings';
import { isQueuedUpTo, type NewEvent, noteQueuedUpTo, readNewEvents } from './queuedUpTo';
import { enqueue, type Queued, type Target } from './queue';

/** How long after its event a notification is worth sending, ms. */
export const WORTH_SENDING_MS = DAY_MS;

/**
 * Queues the events of `app` that are not queued yet, for the plugins and receivers that want them; returns what is
 * new in the queue, in order. Events that are older than a day, or were adopted, are not queued. `now` is ms since the
 * epoch, `path` the variable PATH. Throws system errors and what reading a journal throws: then it is to be called
 * again.
 */
export function queueEvents(host: Host, app: AppName, now: number, path: string): Queued[] {
  const builds = appBuilds(host, app);
  if (builds.mode !== 'owner') return []; // there the stock plugin decides how builds end
  const isRecent = ({ at, event }: Recorded): boolean => now - at < WORTH_SENDING_MS && !('adopted' in event);
  const { events, position, isFirst } = readNewEvents(builds.directory, isRecent);
  if (position.head.seq === 0) return []; // the app was destroyed or renamed
  const queued = events.length === 0 ? [] : queueRecent(host, builds, events, isFirst, path);
  if (!isQueuedUpTo(builds.directory, position.head)) noteQueuedUpTo(builds.directory, position);
  return queued;
}

function queueRecent(
  host: Host,
  { app, directory, buildsRoot }: AppBuilds,
  recent: readonly NewEvent[],
  isFirst: boolean,
  path: string,
): Queued[] {
  const settings = resolveNotifySettings(host, app);
  const receiver = settings !== undefined && !isEnded(buildsRoot, settings) ? settings : undefined;
  const pluginsSince = listeningSince(host, path);
  const targetsOf = ({ at }: Recorded, on: Occasion | undefined): Target[] => [
    // With a position, older events were queued or not wanted. Without one, only the time shows which are older.
    ...(pluginsSince !== undefined && (!isFirst || at >= pluginsSince) ? (['plugins'] as const) : []),
    ...(receiver && on && asksFor(receiver.on, on) && at >= receiver.since ? (['receiver'] as const) : []),
  ];
  const { history } = loadHistory(directory);
  const unqueued = recent.flatMap(({ recorded, corrects }) => {
    const notification = notificationOf(app, recorded, history, corrects);
    return targetsOf(recorded, notification.on).map((target) => ({ target, notification, at: recorded.at }));
  });
  return unqueued.length === 0 ? [] : enqueue(buildsRoot, unqueued);
}
