import { hostname } from 'node:os';

import type { Host } from '../../../host/dokku/environment';
import { reasonOf } from '../../../host/failure';
import { type AppName, asBuildId, type BuildId } from '../../../host/dokku/names';
import { logPath, type PropertyScope } from '../../../host/dokku/paths';
import { readMask } from '../../../host/secrets/readMask';
import { formats } from '../formats/format';
import { jsonPost, notificationJson } from '../formats/json';
import { messageOf, type Sending } from '../formats/message';
import { readLogEnd } from '../logEnd';
import type { Queued } from '../queue/queue';
import { type NotifySettings, resolveNotifySettings } from '../settings';
import { postMessage } from '../webhook/webhook';

/** What became of an attempt to deliver a notification. `reason` is a part of a sentence, without the url. */
export type Outcome =
  /** The receiver took it, or it is not wanted any more. */
  | { readonly type: 'done' }
  /** It is to be tried again, after `retryAfter` ms if the receiver said so. */
  | { readonly type: 'failed'; readonly reason: string; readonly retryAfter?: number }
  /** The receiver of this scope wants no more notifications. */
  | { readonly type: 'gone'; readonly reason: string; readonly scope: PropertyScope };

/** The url of the receiver of `app`, which identifies it; '' if there is none. */
export function destinationOf(host: Host, app: AppName): string {
  try {
    return resolveNotifySettings(host, app)?.url.href ?? '';
  } catch {
    return '';
  }
}

/** Posts a notification to the receiver of its app, with the present url, secret and log. Never rejects. */
export async function deliverToReceiver(host: Host, { notification, attempts }: Queued): Promise<Outcome> {
  let settings: NotifySettings | undefined;
  try {
    settings = resolveNotifySettings(host, notification.app);
  } catch (error) {
    return { type: 'failed', reason: `the settings cannot be read: ${reasonOf(error)}` };
  }
  if (settings === undefined) return { type: 'done' };
  const { app, id, on = '', build: named } = notification;
  const build = asBuildId(named);
  const { url, secret, header, format, logLines, scope } = settings;
  const quoted = logLines > 0 && build !== undefined ? readMaskedEnd(host, app, build) : {};
  const sending = { host: hostname(), now: Date.now(), attempt: attempts + 1, ...quoted };
  const post =
    format === 'json'
      ? jsonPost(notificationJson(notification, withLines(sending, logLines)), url)
      : formats[format](messageOf(notification, sending), url);
  if (post === undefined) return { type: 'done' };
  const reply = await postMessage({ post, id, on, secret, header });
  if (reply.delivered) return { type: 'done' };
  const { reason, retryAfter } = reply;
  if (reply.gone) return { type: 'gone', reason, scope };
  return { type: 'failed', reason, ...(retryAfter !== undefined && { retryAfter }) };
}

/** If secrets in the log cannot be masked, no line of it is sent, and the message says so. */
function readMaskedEnd(host: Host, app: AppName, build: BuildId): Pick<Sending, 'log' | 'logLeftOut'> {
  const mask = readMask(host, app);
  if (typeof mask === 'string') return { logLeftOut: mask };
  const log = readLogEnd(logPath(host, app, build), mask);
  return log === undefined ? {} : { log };
}

/** The last `count` lines of the log only. */
function withLines({ log, ...sending }: Sending, count: number): Sending {
  if (log === undefined) return sending;
  return { ...sending, log: { lines: log.lines.slice(-count), cut: log.cut || log.lines.length > count } };
}
