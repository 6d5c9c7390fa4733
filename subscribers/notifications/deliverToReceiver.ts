import { hostname } from 'node:os';

import type { Host } from '../../host/dokku/environment';
import { reasonOf } from '../../host/failure';
import { readLastLines } from '../../host/system/lastLines';
import { asBuildId } from '../../host/dokku/names';
import { type NotifySettings, resolveNotifySettings } from './settings';
import { buildsDirectory, logPath } from '../../host/dokku/paths';
import { postMessage, type Reply } from './webhook';
import { postedJson } from './notification';
import { dequeue, postpone, type Queued } from './queue';
import { noteGaveUp } from './undelivered';
import { WORTH_TELLING_MS } from './queueNotifications';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30 * 60 * 1000;

/** Whom an announcement goes to: the same text for the same receiver. */
export function receiverOf(host: Host, { announcement }: Queued): string {
  try {
    return resolveNotifySettings(host, announcement.app)?.url.href ?? '';
  } catch {
    return '';
  }
}

/**
 * Posts an announcement to its app's receiver. Taken, or nobody there to post it to any more: it is done. Else it is tried again after a
 * pause that doubles from 1 s to half an hour, and given up when the event is a day old: `builds:report` says so.
 */
export async function deliverToReceiver(host: Host, root: string, queued: Queued): Promise<void> {
  const { announcement, at, attempts } = queued;
  const reply = await post(host, queued);
  if (reply === undefined || reply.delivered) {
    dequeue(root, queued);
    return;
  }
  const now = Date.now();
  if (now - at < WORTH_TELLING_MS) {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS);
    postpone(root, queued, now + pause * (1 + Math.random() / 4)); // so that many hosts do not keep step
    return;
  }
  noteGaveUp(buildsDirectory(host, announcement.app), queued, reply.reason, now);
  dequeue(root, queued);
}

/** Undefined when the app has no receiver (any more), or does not want to hear of this. */
async function post(host: Host, queued: Queued): Promise<Reply | undefined> {
  let settings: NotifySettings | undefined;
  try {
    settings = resolveNotifySettings(host, queued.announcement.app);
  } catch (error) {
    return { delivered: false, reason: `the settings cannot be read: ${reasonOf(error)}` };
  }
  if (settings === undefined) return undefined;
  const { announcement, attempts } = queued;
  const { app, id, on = '', build: named } = announcement;
  const build = asBuildId(named);
  const { url, secret, logLines } = settings;
  const log = logLines > 0 && build !== undefined ? readLastLines(logPath(host, app, build), logLines) : undefined;
  const body = postedJson(announcement, { host: hostname(), now: Date.now(), attempt: attempts + 1, log });
  return postMessage({ url, id, on, secret, body });
}
