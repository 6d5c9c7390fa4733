import type { AppName, BuildId } from '../../../host/dokku/names';
import { errorLine } from '../../../projections/lists/whyFailed';
import type { Notification } from '../notification';
import type { Occasion } from '../settings';
import type { Post } from './format';
import type { Message, Sending } from './message';

/** What is posted as `json` (docs/notifications.md). Every key is always there: one without a value is null. */
export function notificationJson(notification: Notification, { host, now, attempt, log, logLeftOut }: Sending): object {
  const { id, on = null, text, app, build, event, record, actor, revision, seconds, corrects } = notification;
  return {
    id,
    on,
    text,
    host,
    app,
    build: build === '' ? null : build,
    event,
    record,
    log: log === undefined ? null : { lines: log.lines, cut: log.cut },
    commands: commandsFor(app, build, on),
    sent_at: new Date(now).toISOString(),
    attempt,
    error: (log && errorLine(log.lines)) ?? null,
    actor: actor ?? null,
    revision: revision ?? null,
    duration_seconds: seconds ?? null,
    corrects: corrects ?? null,
    log_left_out: logLeftOut ?? null,
  };
}

/** What `builds:notify --test` posts as `json`: the same keys, about no build. `now` is ms since the epoch. */
export function testJson({ app, text, host }: Message, id: string, now: number): object {
  return {
    id,
    on: 'test',
    text,
    host,
    app,
    build: null,
    event: null,
    record: null,
    log: null,
    commands: {},
    sent_at: new Date(now).toISOString(),
    attempt: 1,
    error: null,
    actor: null,
    revision: null,
    duration_seconds: null,
    corrects: null,
    log_left_out: null,
  };
}

/** The request with `json` as its body. */
export function jsonPost(json: object, url: URL): Post {
  return { url, contentType: 'application/json; charset=utf-8', body: JSON.stringify(json) };
}

/** What one can do about it, to be run on the host; or as `ssh dokku@host` with what follows `dokku`. */
function commandsFor(app: AppName, build: BuildId | '', on: Occasion | null): Record<string, string> {
  if (build === '') return {};
  return {
    info: `dokku builds:info ${app} ${build}`,
    output: `dokku builds:output ${app} ${build}`,
    events: `dokku builds:events ${app} --build ${build}`,
    ...(on === 'started' ? { cancel: `dokku builds:cancel ${app}` } : { rebuild: `dokku ps:rebuild ${app}` }),
  };
}
