import type { LastLines } from '../../host/system/lastLines';
import type { AppName, BuildId } from '../../host/dokku/names';
import type { Notification } from './notification';
import type { Occasion } from './settings';

/** What is known only when a notification is sent. */
export interface Sending {
  /** Name of the host that sends it. */
  readonly host: string;
  /** ms since the epoch. */
  readonly now: number;
  /** 1 for the first time that it is tried. */
  readonly attempt: number;
  /** The end of the build's log; undefined if none was asked for, or there is no log. */
  readonly log: LastLines | undefined;
}

/** What is posted about an event (docs/notifications.md). Every key is always there: one without a value is null. */
export function messageJson(notification: Notification, { host, now, attempt, log }: Sending): object {
  const { id, on = null, text, app, build, event, record } = notification;
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
  };
}

/** What `builds:notify --test` posts: the same keys, about no build. `now` is ms since the epoch. */
export function testMessageJson(app: AppName, id: string, host: string, now: number): object {
  return {
    id,
    on: 'test',
    text: `${app}: a test message; notifications of this app arrive here`,
    host,
    app,
    build: null,
    event: null,
    record: null,
    log: null,
    commands: {},
    sent_at: new Date(now).toISOString(),
    attempt: 1,
  };
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
