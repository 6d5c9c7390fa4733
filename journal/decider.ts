import { produce, setAutoFreeze } from 'immer';

import { compareTimestamps, formatTimestamp, parseTimestamp } from '../host/durations';
import { type BuildId, isGeneratedBuildId } from '../host/dokku/names';
import {
  type AdoptedRecord,
  type BuildCommand,
  BuildStartedBefore,
  type CancelBuild,
  type EndedBuild,
  type FinishBuild,
  type StartBuild,
  UnknownBuild,
} from './commands';
import { conclude } from './conclusion';
import { assertNever, type BuildEvent, type BuildStarted, type Pruned, sources, type Timestamp } from './events';
import {
  type Build,
  type CanceledBuild,
  findBuild,
  type FinishedBuild,
  type History,
  isCertainlyNew,
  isOpenToReport,
  NEWEST_KEPT,
  PRUNED_KEPT,
  type RunningBuild,
} from './history';
import { beyondRetention } from './retention';

// Types keep the state from being changed. To freeze it as well would visit every build in every call.
setAutoFreeze(false);

/** Before anything has happened. */
export const initialState: History = { builds: {}, order: [], newestIds: [], pruned: [] };

/**
 * The three parts of event sourcing, for an app's history: the initial state, what may happen, and what an event
 * changes. Pure.
 */
export const decider = { initialState, decide, evolve };

/**
 * The events that `command` adds to `history`; none if it changes nothing. Throws {@link UnknownBuild} and
 * {@link BuildStartedBefore}.
 */
export function decide(history: History, command: BuildCommand): BuildEvent[] {
  switch (command.type) {
    case 'StartBuild':
      return start(history, command);
    case 'FinishBuild':
      return finish(history, command);
    case 'CancelBuild':
      return cancel(history, command);
    case 'ConcludeBuilds':
      return command.ended.flatMap((ended) => concludeBuild(history, ended));
    case 'PruneBuilds':
      return pruned(beyondRetention(history, command.retention, command.at), 'retention');
    case 'NoteRemoved':
      return pruned({ builds: command.builds.filter((id) => isFinished(findBuild(history, id))) }, 'retention');
    case 'DiscardBuild':
      return findOrThrow(history, command.build).status === 'running'
        ? pruned({ builds: [command.build] }, 'discarded')
        : [];
    case 'AdoptBuilds':
      return command.records.flatMap((record) => adopt(history, record));
    default:
      return assertNever(command);
  }
}

function start(history: History, command: StartBuild): BuildEvent[] {
  const { build, source, process, actor, revision, at } = command;
  if (findBuild(history, build) || wasPruned(history, build) || command.usedBefore === true)
    throw new BuildStartedBefore(build);
  const kind = sources[source];
  const startedAt = formatTimestamp(at);
  return [{ type: 'BuildStarted', build, kind, source, process, startedAt, actor, ...(revision && { revision }) }];
}

/** The first report decides; a report also corrects an end that was inferred. */
function finish(history: History, { build: id, exitCode, revision, at }: FinishBuild): BuildEvent[] {
  const build = findOrThrow(history, id);
  if (!isOpenToReport(build)) return [];
  const status = exitCode === 0 ? 'succeeded' : 'failed';
  const finishedAt = notBefore(build.startedAt, at);
  return [
    { type: 'BuildFinished', build: id, status, exitCode, cause: 'exit', finishedAt, ...(revision && { revision }) },
  ];
}

function cancel(history: History, { build: id, actor, signal, revision, at }: CancelBuild): BuildEvent[] {
  const build = findOrThrow(history, id);
  if (build.status !== 'running') return [];
  const finishedAt = notBefore(build.startedAt, at);
  return [{ type: 'BuildCanceled', build: id, actor, signal, finishedAt, ...(revision && { revision }) }];
}

/** A build that was pruned, or has ended by now, stays as it is. */
function concludeBuild(history: History, { build: id, evidence }: EndedBuild): BuildEvent[] {
  const build = findBuild(history, id);
  if (build?.status !== 'running') return [];
  const finishedAt = notBefore(build.startedAt, evidence.lastSign);
  const facts = {
    type: 'BuildFinished',
    build: id,
    finishedAt,
    ...(evidence.revision && { revision: evidence.revision }),
  } as const;
  const conclusion = conclude(build.source, evidence);
  switch (conclusion) {
    case 'succeeded':
      return [{ ...facts, status: 'succeeded', exitCode: 0, cause: 'deployed' }];
    case 'failed':
      return [{ ...facts, status: 'failed', exitCode: -1, cause: 'abandoned' }];
    case 'canceled':
      return [{ ...facts, type: 'BuildCanceled', actor: {}, ...evidence.cancel }];
    case 'discarded':
      return pruned({ builds: [id] }, 'discarded');
    default:
      return assertNever(conclusion);
  }
}

function adopt(history: History, { started, ended }: AdoptedRecord): BuildEvent[] {
  const build = findBuild(history, started.build);
  if (build !== undefined) return build.status === 'running' && ended ? [ended] : [];
  if (wasPruned(history, started.build)) return [];
  return ended ? [started, ended] : [started];
}

function findOrThrow(history: History, id: BuildId): Build {
  const build = findBuild(history, id);
  if (build === undefined) throw new UnknownBuild(id);
  return build;
}

function isFinished(build: Build | undefined): boolean {
  return build !== undefined && build.status !== 'running';
}

function wasPruned(history: History, id: BuildId): boolean {
  return !isCertainlyNew(history, id) && history.pruned.includes(id);
}

/** Builds and logs named by one event, so that a frame stays far below its size limit. */
const PRUNED_AT_ONCE = 256;

function pruned({ builds, logs = [] }: Pick<Pruned, 'builds' | 'logs'>, reason: Pruned['reason']): BuildEvent[] {
  const events: BuildEvent[] = [];
  for (let from = 0; from < Math.max(builds.length, logs.length); from += PRUNED_AT_ONCE) {
    const part = (ids: readonly BuildId[]): readonly BuildId[] => ids.slice(from, from + PRUNED_AT_ONCE);
    events.push({ type: 'Pruned', builds: part(builds), ...(logs.length > from && { logs: part(logs) }), reason });
  }
  return events;
}

/** `at`, or `startedAt` if the clock was set back and says that the build ended before it began. */
function notBefore(startedAt: Timestamp, at: number): Timestamp {
  return at > (parseTimestamp(startedAt) ?? 0) ? formatTimestamp(at) : startedAt;
}

/** `history` after `event`. An event that does not apply gives back the very same history. */
export function evolve(history: History, event: BuildEvent): History {
  return evolveAll(history, [event]);
}

/** `history` after `events`, in one step of immer. */
export function evolveAll(history: History, events: readonly BuildEvent[]): History {
  return evolveOver(history, (next) => events.forEach(next));
}

/**
 * The same for the events that `feed` passes on, which may be millions. `state` is the history so far: it may be read
 * between two events, but not kept.
 */
export function evolveOver(
  history: History,
  feed: (next: (event: BuildEvent) => void, state: History) => void,
): History {
  return produce(history, (draft) => {
    const next = copyOf(history);
    let changes = 0;
    feed((event) => {
      if (apply(next, event)) changes += 1;
    }, next);
    if (changes > 0) Object.assign(draft, next);
  });
}

/** The build that `events`, which name no other, make of nothing; undefined if they do not begin one, or prune it. */
export function buildOf(events: Iterable<BuildEvent>): Build | undefined {
  const history = copyOf(initialState);
  for (const event of events) apply(history, event);
  const [id] = history.order;
  return id === undefined ? undefined : findBuild(history, id);
}

/** A history whose lists can be changed; the builds in it cannot. */
interface OpenHistory {
  builds: Record<BuildId, Build>;
  order: BuildId[];
  newestIds: BuildId[];
  pruned: BuildId[];
}

/** Copied once for all events of a step: through the proxies of a draft each event would take ten times as long. */
function copyOf({ builds, order, newestIds, pruned: prunedIds }: History): OpenHistory {
  return { builds: { ...builds }, order: [...order], newestIds: [...newestIds], pruned: [...prunedIds] };
}

/** Changes `history` by `event`; false if the event does not apply, such as a cancel of a build that has ended. */
function apply(history: OpenHistory, event: BuildEvent): boolean {
  switch (event.type) {
    case 'BuildStarted':
      if (Object.hasOwn(history.builds, event.build)) return false;
      history.builds[event.build] = startedBuild(event);
      history.order.splice(placeOf(history, event), 0, event.build);
      keepNewest(history.newestIds, event.build);
      return true;
    case 'BuildFinished': {
      const { status, exitCode, cause, finishedAt, revision } = event;
      const build = findBuild(history, event.build);
      if (build === undefined || !isOpenToReport(build)) return false;
      if (build.status !== 'running' && cause !== 'exit') return false; // only a report corrects an end
      history.builds[event.build] = withEnd(build, { status, exitCode, cause, finishedAt }, revision);
      return true;
    }
    case 'BuildCanceled': {
      const { actor: canceledBy, signal, finishedAt, revision } = event;
      const build = findBuild(history, event.build);
      if (build?.status !== 'running') return false;
      const end = { status: 'canceled', exitCode: -1, finishedAt, canceledBy, ...(signal && { signal }) } as const;
      history.builds[event.build] = withEnd(build, end, revision);
      return true;
    }
    case 'Pruned': {
      const ids = new Set(event.builds);
      for (const id of ids) Reflect.deleteProperty(history.builds, id);
      history.order = history.order.filter((id) => !ids.has(id));
      history.pruned.push(...event.builds);
      history.pruned.splice(0, history.pruned.length - PRUNED_KEPT);
      for (const id of event.logs ?? []) {
        const build = findBuild(history, id);
        if (build !== undefined && build.status !== 'running') history.builds[id] = { ...build, logPruned: true };
      }
      return true;
    }
    default:
      return assertNever(event);
  }
}

function startedBuild(event: BuildStarted): RunningBuild {
  const { build: id, kind, source, process, startedAt, actor, revision, adopted = false } = event;
  const known = revision === undefined ? {} : { revision };
  return { id, kind, source, process, startedAt, actor, ...known, adopted, status: 'running' };
}

/** Where the build belongs: last, except that an adopted build goes before those that started after it. */
function placeOf(history: OpenHistory, { adopted, startedAt }: BuildStarted): number {
  if (!adopted) return history.order.length;
  return (
    history.order.findLastIndex((id) => compareTimestamps(history.builds[id]?.startedAt ?? '', startedAt) <= 0) + 1
  );
}

function keepNewest(newestIds: BuildId[], id: BuildId): void {
  if (!isGeneratedBuildId(id)) return;
  const place = newestIds.findLastIndex((other) => other <= id) + 1;
  if (newestIds[place - 1] === id) return;
  newestIds.splice(place, 0, id);
  if (newestIds.length > NEWEST_KEPT) newestIds.shift();
}

/** The fields that the end of a build adds to it. */
type End =
  | Pick<FinishedBuild, 'status' | 'exitCode' | 'cause' | 'finishedAt'>
  | Pick<CanceledBuild, 'status' | 'exitCode' | 'finishedAt' | 'canceledBy' | 'signal'>;

function withEnd(build: Build, end: End, revision: string | undefined): Build {
  const known = build.revision ?? revision;
  return { ...build, ...(known !== undefined && { revision: known }), ...end };
}
