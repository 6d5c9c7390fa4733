import { toWholeSeconds } from '../../host/durations';
import { visible } from '../../host/failure';
import { howEnded } from './causeText';
import { happenedAt, isAdopted } from './happenedAt';
import type { AppName } from '../../host/dokku/names';
import {
  type Actor,
  assertNever,
  type BuildEvent,
  buildsNamed,
  type Pruned,
  type Recorded,
} from '../../journal/events';

/**
 * The JSON of an event: `seq, id, time, type, app, build` first, then the fields of its type (docs/events.md). Keys
 * without a value are left out, except `build`, which is null if the event is about several builds.
 */
export function eventJson(app: AppName, { seq, id, at, event }: Recorded): object {
  const build = event.type === 'Pruned' ? null : event.build;
  return { seq, id, time: new Date(at).toISOString(), type: event.type, app, build, ...detailsJson(event) };
}

function detailsJson(event: BuildEvent): object {
  switch (event.type) {
    case 'BuildStarted': {
      const { kind, source, process, startedAt, actor, revision, adopted } = event;
      return {
        kind,
        source,
        pid: process.pid,
        process_group: process.group,
        start_ticks: process.startTicks,
        boot_id: process.bootId,
        started_at: startedAt,
        actor,
        revision,
        adopted,
      };
    }
    case 'BuildFinished': {
      const { status, exitCode: exit_code, cause, finishedAt: finished_at, revision, adopted } = event;
      return { status, exit_code, cause, finished_at, revision, adopted };
    }
    case 'BuildCanceled': {
      const { signal, finishedAt: finished_at, actor, revision, adopted } = event;
      return { signal, finished_at, actor, revision, adopted };
    }
    case 'Pruned':
      return { builds: event.builds, logs: event.logs, reason: event.reason };
    default:
      return assertNever(event);
  }
}

/** A commit in 7 characters, as git shows it; '' if it is not known. */
export function shortRevision(revision = ''): string {
  return revision.slice(0, 7);
}

/** An actor in a word: the name of the ssh key, else the user; '' if neither is known. */
export function whoText({ user, key }: Actor): string {
  return key ?? user ?? '';
}

/** `ann (key ann-laptop) by git-receive-pack`: all that is known of an actor; '' if nothing is. */
export function actorText({ user, key, command }: Actor): string {
  const who =
    user === undefined ? (key === undefined ? '' : `key ${key}`) : key === undefined ? user : `${user} (key ${key})`;
  return [who, command === undefined ? '' : `with ${command}`].filter((part) => part !== '').join(' ');
}

/** Columns of the table of events: the last one has no fixed width. */
export const eventColumns = ['Time', 'Seq', 'Type', 'Build', 'What'];

/**
 * One row of it, made safe to print; `timeText` says how a time is written (ms since the epoch). An adopted event has
 * the time when it happened, and says when it was adopted.
 */
export function eventRow(recorded: Recorded, timeText = wholeSeconds): string[] {
  const { seq, at, event } = recorded;
  const adopted = isAdopted(event) ? `, adopted ${timeText(at)}` : '';
  const what = visible(`${eventText(event)}${adopted}`);
  return [timeText(happenedAt(recorded)), String(seq), event.type, buildsText(event), what];
}

/** The build that an event is about, or how many. */
export function buildsText(event: BuildEvent): string {
  const builds = buildsNamed(event);
  return builds.length === 1 ? (builds[0] ?? '') : `${builds.length} builds`;
}

function wholeSeconds(at: number): string {
  return toWholeSeconds(new Date(at).toISOString());
}

function eventText(event: BuildEvent): string {
  switch (event.type) {
    case 'BuildStarted': {
      const revision = event.revision === undefined ? '' : `, revision ${event.revision.slice(0, 12)}`;
      const what = `${event.kind} from ${event.source}, pid ${event.process.pid}`;
      return `${what}${byText(event.actor)}${revision}`;
    }
    case 'BuildFinished':
      return `${event.status}, ${howEnded(event)}`;
    case 'BuildCanceled':
      return `${event.signal ?? 'canceled'}${byText(event.actor)}`;
    case 'Pruned':
      return prunedText(event);
    default:
      return assertNever(event);
  }
}

/** What happened to a build, in a word. */
export function eventWord(event: BuildEvent): 'started' | 'succeeded' | 'failed' | 'canceled' | 'pruned' {
  switch (event.type) {
    case 'BuildStarted':
      return 'started';
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

/** The details of an event, made safe to print, the most important ones first. */
export function eventParts(event: BuildEvent): string[] {
  return partsOf(event)
    .filter((part) => part !== '')
    .map(visible);
}

function partsOf(event: BuildEvent): string[] {
  switch (event.type) {
    case 'BuildStarted': {
      const { source, actor, process } = event;
      const who = whoText(actor);
      return [
        `${source} ${shortRevision(event.revision)}`.trimEnd(),
        who === '' ? '' : `by ${who}`,
        actor.command === undefined || actor.command === source ? '' : `with ${actor.command}`,
        `pid ${process.pid}`,
      ];
    }
    case 'BuildFinished':
      return [howEnded(event)];
    case 'BuildCanceled': {
      const who = whoText(event.actor);
      return [event.signal ?? '', who === '' ? '' : `by ${who}`];
    }
    case 'Pruned':
      return [event.reason, ...removed(event)];
    default:
      return assertNever(event);
  }
}

/** `retention`, `retention: b1 b2`, `retention: b1 log of b2 log of b3`. */
function prunedText(event: Pruned): string {
  const parts = removed(event);
  return parts.length === 0 ? event.reason : `${event.reason}: ${parts.join(' ')}`;
}

/** The builds and logs that were removed. A single build is left out, because the column of builds shows it. */
function removed({ builds, logs = [] }: Pruned): string[] {
  const isAlone = builds.length + logs.length === 1;
  if (isAlone) return logs.length === 1 ? ['its log'] : [];
  return [...builds, ...logs.map((id) => `log of ${id}`)];
}

function byText(actor: Actor): string {
  const text = actorText(actor);
  return text === '' ? '' : `, by ${text}`;
}
