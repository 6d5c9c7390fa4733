import type { LastLines } from '../../host/system/lastLines';
import type { AppName, BuildId } from '../../host/dokku/names';
import type { Occasion } from './settings';
import { assertNever, type BuildEvent, type Recorded } from '../../journal/events';
import { findBuild, type History } from '../../journal/history';
import { actorText, eventJson } from '../../projections/events/eventView';
import { type BuildRecord, seeBuild, toRecord } from '../../projections/records/record';

/** An event as others are told of it, in a form that can be stored and has no secret in it. */
export interface Announcement {
  readonly app: AppName;
  /** The event's id: what a receiver knows a repetition by. */
  readonly id: string;
  /** The event's number: order within an app. */
  readonly seq: number;
  /** What the trigger `builds-event` is called with: the build, '' where the event is about several. */
  readonly build: BuildId | '';
  readonly type: BuildEvent['type'];
  /** The build's status on record after the event; `pruned` for what has left. */
  readonly status: 'running' | 'succeeded' | 'failed' | 'canceled' | 'pruned';
  /** The value of `notify-on` that asks for it; absent for what is posted to nobody. */
  readonly on?: Occasion;
  /** One sentence for people. */
  readonly text: string;
  readonly event: object;
  /** The build's record after the event; null when it has left. */
  readonly record: BuildRecord | null;
}

/** The announcement of an event of `app`, whose history after it is `history`. */
export function announce(app: AppName, recorded: Recorded, history: History): Announcement {
  const { event, id, seq, at } = recorded;
  const build = event.type === 'Pruned' ? (event.builds.length === 1 ? event.builds[0] : undefined) : event.build;
  const on = occasionOf(event);
  const known = build === undefined ? undefined : findBuild(history, build);
  const duration =
    known === undefined || known.status === 'running' ? '' : ` after ${seeBuild(known, at, () => true).duration}`;
  return {
    app,
    id,
    seq,
    build: build ?? '',
    type: event.type,
    status: statusOf(event),
    ...(on && { on }),
    text: `${app}: ${sentence(event)}${duration}`,
    event: eventJson(app, recorded),
    record: known === undefined ? null : toRecord(app, known),
  };
}

/** The value of `notify-on` that asks for `event`; undefined for one that is posted to nobody. */
export function occasionOf(event: BuildEvent): Occasion | undefined {
  switch (event.type) {
    case 'BuildStarted':
      return 'started';
    case 'BuildFinished':
      return event.cause === 'abandoned' ? 'abandoned' : event.status;
    case 'BuildCanceled':
      return 'canceled';
    case 'Pruned':
      return undefined;
    default:
      return assertNever(event);
  }
}

function statusOf(event: BuildEvent): Announcement['status'] {
  switch (event.type) {
    case 'BuildStarted':
      return 'running';
    case 'BuildFinished':
      return event.status;
    case 'BuildCanceled':
      return 'canceled';
    case 'Pruned':
      return 'pruned';
    default:
      return assertNever(event);
  }
}

function sentence(event: BuildEvent): string {
  switch (event.type) {
    case 'BuildStarted':
      return `build ${event.build} started from ${event.source}${by(actorText(event.actor))}`;
    case 'BuildFinished':
      if (event.cause === 'abandoned') return `build ${event.build} was found dead`;
      return `build ${event.build} ${event.status}${event.status === 'failed' ? ` with exit code ${event.exitCode}` : ''}`;
    case 'BuildCanceled':
      return `build ${event.build} was canceled${by(actorText(event.actor))}`;
    case 'Pruned':
      return `${event.builds.length === 1 ? `build ${event.builds.join()}` : `${event.builds.length} builds`} left (${event.reason})`;
    default:
      return assertNever(event);
  }
}

function by(actor: string): string {
  return actor === '' ? '' : ` by ${actor}`;
}

/** What else goes into a posted message. */
export interface Posting {
  /** Name of the host that posts it. */
  readonly host: string;
  /** ms since the epoch. */
  readonly now: number;
  /** 1 for the first time it is tried. */
  readonly attempt: number;
  /** Undefined: none were asked for, or the log is no more. */
  readonly log: LastLines | undefined;
}

/** What is posted about an event (docs/notifications.md). Keys that say nothing are null, so that receivers need not look twice. */
export function postedJson(announcement: Announcement, { host, now, attempt, log }: Posting): object {
  const { id, on = null, text, app, build, event, record } = announcement;
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

/** What is posted by `builds:notify --test`: of the same shape, about no build. */
export function testJson(app: AppName, id: string, host: string, now: number): object {
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
