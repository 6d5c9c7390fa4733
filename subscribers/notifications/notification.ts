import { formatDuration, parseTimestamp } from '../../host/durations';
import type { AppName, BuildId } from '../../host/dokku/names';
import type { Occasion } from './settings';
import { assertNever, type BuildEvent, type Recorded } from '../../journal/events';
import { type Build, findBuild, type History } from '../../journal/history';
import { actorText, eventJson } from '../../projections/events/eventView';
import { type BuildRecord, toRecord } from '../../projections/records/record';

/** What plugins and the receiver are told of an event, in a form that can be stored: there is no secret in it. */
export interface Notification {
  readonly app: AppName;
  /** The event's id: what a receiver knows a repetition by. */
  readonly id: string;
  /** The event's number: order within an app. */
  readonly seq: number;
  /** The build, '' if the event is about several. */
  readonly build: BuildId | '';
  readonly type: BuildEvent['type'];
  /** The build's status on record after the event; `pruned` if it was removed. */
  readonly status: 'running' | 'succeeded' | 'failed' | 'canceled' | 'pruned';
  /** The value of `notify-on` that asks for it; absent for what is posted to nobody. */
  readonly on?: Occasion;
  /** One sentence for people. */
  readonly text: string;
  readonly event: object;
  /** The build's record after the event; null if it was pruned. */
  readonly record: BuildRecord | null;
}

/** The notification of an event of `app`. `history` is the app's, at the event or later. */
export function notificationOf(app: AppName, recorded: Recorded, history: History): Notification {
  const { event, id, seq } = recorded;
  const build = event.type === 'Pruned' ? (event.builds.length === 1 ? event.builds[0] : undefined) : event.build;
  const on = occasionOf(event);
  const after = build === undefined ? undefined : buildAfter(event, findBuild(history, build));
  return {
    app,
    id,
    seq,
    build: build ?? '',
    type: event.type,
    status: statusOf(event),
    ...(on && { on }),
    text: `${app}: ${sentence(event)}${durationOf(after)}`,
    event: eventJson(app, recorded),
    record: after === undefined ? null : toRecord(app, after),
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

/** The build right after `event`, whatever has happened to `known`, what the history says of it now. Undefined if it was pruned. */
function buildAfter(event: BuildEvent, known: Build | undefined): Build | undefined {
  if (known === undefined) return undefined;
  const { id, kind, source, process, startedAt, actor, revision, adopted } = known;
  const started = { id, kind, source, process, startedAt, actor, adopted, ...(revision !== undefined && { revision }) };
  switch (event.type) {
    case 'BuildStarted':
      return { ...started, status: 'running' };
    case 'BuildFinished': {
      const { status, exitCode, cause, finishedAt } = event;
      return { ...started, status, exitCode, cause, finishedAt };
    }
    case 'BuildCanceled': {
      const { finishedAt, actor: canceledBy } = event;
      return { ...started, status: 'canceled', exitCode: -1, finishedAt, canceledBy };
    }
    case 'Pruned':
      return undefined;
    default:
      return assertNever(event);
  }
}

function statusOf(event: BuildEvent): Notification['status'] {
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
    case 'Pruned': {
      const what =
        event.builds.length === 1 ? `build ${event.builds.join()} was` : `${event.builds.length} builds were`;
      return `${what} removed (${event.reason})`;
    }
    default:
      return assertNever(event);
  }
}

function by(actor: string): string {
  return actor === '' ? '' : ` by ${actor}`;
}

/** ` after 1m14s`; nothing for a build that runs or is not known. */
function durationOf(build: Build | undefined): string {
  if (build === undefined || build.status === 'running') return '';
  const finished = parseTimestamp(build.finishedAt) ?? 0;
  return ` after ${formatDuration(finished - (parseTimestamp(build.startedAt) ?? finished))}`;
}
