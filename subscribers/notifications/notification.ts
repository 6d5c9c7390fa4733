import { formatDuration, parseTimestamp } from '../../host/durations';
import type { AppName, BuildId } from '../../host/dokku/names';
import { visible } from '../../host/printable';
import type { Occasion } from './settings';
import {
  type Actor,
  assertNever,
  type BuildEvent,
  type BuildFinished,
  type Cause,
  type Recorded,
} from '../../journal/events';
import { type Build, findBuild, type History } from '../../journal/history';
import { causeText } from '../../projections/events/causeText';
import { actorText, eventJson, eventWord } from '../../projections/events/eventView';
import { type BuildRecord, toRecord } from '../../projections/records/record';

/** The content of a notification for plugins and the receiver. It is stored, so it holds no secret. */
export interface Notification {
  readonly app: AppName;
  /** The event's id. If a notification comes twice, the receiver can see it by this. */
  readonly id: string;
  /** The event's number: order within an app. */
  readonly seq: number;
  /** The build, '' if the event is about several. */
  readonly build: BuildId | '';
  readonly type: BuildEvent['type'];
  /** The build's status on record after the event; `pruned` if it was removed. */
  readonly status: 'running' | 'succeeded' | 'failed' | 'canceled' | 'pruned';
  /** The value of `notify-on` that asks for it; absent if it is not posted. */
  readonly on?: Occasion;
  /** One sentence for people. */
  readonly text: string;
  readonly event: object;
  /** Who started the build. */
  readonly actor?: Actor;
  /** The commit that is deployed. */
  readonly revision?: string;
  /** How long it took: as text, and in whole seconds. Absent while it runs. */
  readonly duration?: string;
  readonly seconds?: number;
  /** The end that was concluded without a report, and that this report corrects. */
  readonly corrects?: InferredEnd;
  /** The build's record after the event; null if it was pruned. */
  readonly record: BuildRecord | null;
}

/** The end of a build that was concluded before the build reported it. */
export interface InferredEnd {
  readonly status: BuildFinished['status'];
  readonly cause: Exclude<Cause, 'exit'>;
}

/**
 * The notification of an event of `app`. `history` is the app's, at the event or later. `corrects`: the end of the
 * same build that was concluded before, if the event corrects it.
 */
export function notificationOf(
  app: AppName,
  recorded: Recorded,
  history: History,
  corrects?: InferredEnd,
): Notification {
  const { event, id, seq } = recorded;
  const build = event.type === 'Pruned' ? (event.builds.length === 1 ? event.builds[0] : undefined) : event.build;
  const on = occasionOf(event);
  const after = build === undefined ? undefined : buildAfter(event, findBuild(history, build));
  const duration = after && durationOf(after);
  return {
    app,
    id,
    seq,
    build: build ?? '',
    type: event.type,
    status: statusOf(event),
    ...(on && { on }),
    text: `${app}: ${sentence(event, afterText(duration), corrects)}`,
    event: eventJson(app, recorded),
    ...(after !== undefined && { actor: after.actor }),
    ...(after?.revision !== undefined && { revision: after.revision }),
    ...(duration !== undefined && { duration: formatDuration(duration), seconds: Math.round(duration / 1000) }),
    ...(corrects && { corrects }),
    record: after === undefined ? null : toRecord(app, after),
  };
}

/** The value of `notify-on` that asks for `event`; undefined if the event is not posted. */
function occasionOf(event: BuildEvent): Occasion | undefined {
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

/**
 * The build as it was right after `event`. `known` is the build as the history has it now. Undefined if it was pruned.
 */
function buildAfter(event: BuildEvent, known: Build | undefined): Build | undefined {
  if (known === undefined) return undefined;
  const { id, kind, source, process, startedAt, actor, adopted } = known;
  const revision = 'revision' in event ? event.revision : known.revision;
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
  const word = eventWord(event);
  return word === 'started' ? 'running' : word;
}

/** What happened. `elapsed` is ` after 1m14s`, or nothing. */
function sentence(event: BuildEvent, elapsed: string, corrects: InferredEnd | undefined): string {
  switch (event.type) {
    case 'BuildStarted':
      return `build ${event.build} started from ${visible(event.source)}${by(event.actor)}`;
    case 'BuildFinished': {
      const { status, exitCode, cause } = event;
      const how = `build ${event.build} ${status}`;
      if (cause !== 'exit') return `${how}${elapsed} (${causeText(cause)})`;
      const code = status === 'failed' ? ` with exit code ${exitCode}` : '';
      const before = corrects && ` (reported now; recorded before as ${corrects.status}: ${causeText(corrects.cause)})`;
      return `${how}${code}${elapsed}${before ?? ''}`;
    }
    case 'BuildCanceled':
      return `build ${event.build} was canceled${by(event.actor)}${elapsed}`;
    case 'Pruned': {
      const { builds, logs = [], reason } = event;
      const counted = (ids: readonly BuildId[], what: string): string =>
        ids.length === 1 ? `${what} ${ids.join()}` : `${ids.length} ${what}s`;
      const removed = [
        ...(builds.length > 0 ? [counted(builds, 'build')] : []),
        ...(logs.length > 0 ? [`the ${logs.length === 1 ? 'log' : 'logs'} of ${counted(logs, 'build')}`] : []),
      ];
      const verb = builds.length + logs.length === 1 ? 'was' : 'were';
      return `${removed.join(' and ')} ${verb} removed (${reason})`;
    }
    default:
      return assertNever(event);
  }
}

function by(actor: Actor): string {
  const text = actorText(actor);
  return text === '' ? '' : ` by ${visible(text)}`;
}

function afterText(duration: number | undefined): string {
  return duration === undefined ? '' : ` after ${formatDuration(duration)}`;
}

/** From the start of the build to its end, ms; undefined while it runs. */
function durationOf(build: Build): number | undefined {
  if (build.status === 'running') return undefined;
  const finished = parseTimestamp(build.finishedAt) ?? 0;
  return Math.max(0, finished - (parseTimestamp(build.startedAt) ?? finished));
}
