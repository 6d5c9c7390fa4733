import { toWholeSeconds } from '../../host/durations';
import { visible } from '../../host/failure';
import { causeText } from './causeText';
import type { AppName } from '../../host/dokku/names';
import { type Actor, assertNever, type BuildEvent, buildsNamed, type Recorded } from '../../journal/events';

/**
 * The JSON of an event: `seq, id, time, type, app, build` first, then what its type says (docs/events.md). Keys
 * without a value are left out, but for `build`, which is null where an event is about several.
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
      return { builds: event.builds, reason: event.reason };
    default:
      return assertNever(event);
  }
}

/** Who did something, in a word: the name of the ssh key, else the user; '' when neither is known. */
export function whoText({ user, key }: Actor): string {
  return key ?? user ?? '';
}

/** `ann (key ann-laptop) by git-receive-pack`: what is known of who did something; '' when nothing is. */
export function actorText({ user, key, command }: Actor): string {
  const who =
    user === undefined ? (key === undefined ? '' : `key ${key}`) : key === undefined ? user : `${user} (key ${key})`;
  return [who, command === undefined ? '' : `with ${command}`].filter((part) => part !== '').join(' ');
}

/** Columns of the table of events: the last one has no end, and nothing behind it. */
export const eventColumns = ['Time', 'Seq', 'Type', 'Build', 'What'];

/** One row of it, made safe to print. */
export function eventRow({ seq, at, event }: Recorded): string[] {
  const builds = buildsNamed(event);
  const build = builds.length === 1 ? (builds[0] ?? '') : `${builds.length} builds`;
  const time = toWholeSeconds(new Date(at).toISOString());
  return [time, String(seq), event.type, build, visible(eventText(event))];
}

function eventText(event: BuildEvent): string {
  const adopted = 'adopted' in event ? ', adopted' : '';
  switch (event.type) {
    case 'BuildStarted': {
      const revision = event.revision === undefined ? '' : `, revision ${event.revision.slice(0, 12)}`;
      const what = `${event.kind} from ${event.source}, pid ${event.process.pid}`;
      return `${what}${byText(event.actor)}${revision}${adopted}`;
    }
    case 'BuildFinished': {
      const how = event.cause === 'exit' ? `exit code ${event.exitCode}` : causeText(event.cause);
      return `${event.status}, ${how}${adopted}`;
    }
    case 'BuildCanceled':
      return `${event.signal ?? 'canceled'}${byText(event.actor)}${adopted}`;
    case 'Pruned':
      return `${event.reason}${event.builds.length > 1 ? `: ${event.builds.join(' ')}` : ''}`;
    default:
      return assertNever(event);
  }
}

function byText(actor: Actor): string {
  const text = actorText(actor);
  return text === '' ? '' : `, by ${text}`;
}
