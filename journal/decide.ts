import { formatTimestamp, parseTimestamp } from '../host/durations';
import { Failure } from '../host/failure';
import type { BuildId } from '../host/dokku/names';
import type { ProcessIdentity } from '../host/system/processes';
import {
  type Actor,
  assertNever,
  type BuildCanceled,
  type BuildEvent,
  type BuildFinished,
  type BuildStarted,
  type Source,
  sources,
  type Timestamp,
} from './events';
import { type Build, findBuild, type History, isCertainlyNew } from './history';

/** What is asked of an app's history. `at` is when the host heard of it, ms since the epoch. */
export type BuildCommand =
  | {
      type: 'StartBuild';
      build: BuildId;
      source: Source;
      process: ProcessIdentity;
      actor: Actor;
      revision?: string;
      at: number;
    }
  | { type: 'FinishBuild'; build: BuildId; exitCode: number; at: number }
  | { type: 'CancelBuild'; build: BuildId; actor: Actor; signal: string; at: number }
  /** The process of these running builds is gone; `lastSign` is the last sign of life of each, ms since the epoch. */
  | { type: 'ReapBuilds'; dead: readonly { build: BuildId; lastSign: number }[] }
  /** Keep at most `retention` finished builds. */
  | { type: 'PruneBuilds'; retention: number }
  | { type: 'DiscardBuild'; build: BuildId }
  /** Something else has removed the records and logs of these, as its retention asked. */
  | { type: 'NoteRemoved'; builds: readonly BuildId[] }
  /** Something else wrote a record: its start, and its end if it has one. */
  | { type: 'AdoptBuild'; started: BuildStarted; ended?: BuildFinished | BuildCanceled };

/** The build is not on record. */
export class UnknownBuild extends Failure {
  constructor(readonly build: BuildId) {
    super(`No build record found for ${build}`);
  }
}

/** The id was used before; a build starts once. */
export class BuildStartedBefore extends Failure {
  constructor(readonly build: BuildId) {
    super(`Build ${build} has been recorded before`);
  }
}

/** Builds named by one event, so that a frame stays far below its size limit. */
const PRUNED_AT_ONCE = 256;

/**
 * The events that `command` adds to `history`: none when it is already so. Pure; whether a process lives and whether an id
 * that left long ago was used (`startedBefore`, asked only where `history` cannot say) comes in from outside.
 * Throws {@link UnknownBuild} and {@link BuildStartedBefore}.
 */
export function decide(
  history: History,
  command: BuildCommand,
  startedBefore: (id: BuildId) => boolean = () => false,
): BuildEvent[] {
  switch (command.type) {
    case 'StartBuild': {
      const { build, source, process, actor, revision, at } = command;
      if (wasStarted(history, build, startedBefore)) throw new BuildStartedBefore(build);
      const kind = sources[source];
      const startedAt = formatTimestamp(at);
      return [{ type: 'BuildStarted', build, kind, source, process, startedAt, actor, ...(revision && { revision }) }];
    }
    case 'FinishBuild': {
      const build = findBuild(history, command.build);
      if (build === undefined) throw new UnknownBuild(command.build);
      if (build.status !== 'running') return []; // whoever ended it first decided
      const status = command.exitCode === 0 ? 'succeeded' : 'failed';
      const finishedAt = notBefore(build.startedAt, command.at);
      return [
        { type: 'BuildFinished', build: build.id, status, exitCode: command.exitCode, cause: 'exit', finishedAt },
      ];
    }
    case 'CancelBuild': {
      const build = findBuild(history, command.build);
      if (build === undefined) throw new UnknownBuild(command.build);
      if (build.status !== 'running') return [];
      const finishedAt = notBefore(build.startedAt, command.at);
      return [{ type: 'BuildCanceled', build: build.id, actor: command.actor, signal: command.signal, finishedAt }];
    }
    case 'ReapBuilds':
      return command.dead.flatMap(({ build: id, lastSign }): BuildEvent[] => {
        const build = findBuild(history, id);
        if (build?.status !== 'running') return [];
        const finishedAt = notBefore(build.startedAt, lastSign);
        return [{ type: 'BuildFinished', build: id, status: 'failed', exitCode: -1, cause: 'abandoned', finishedAt }];
      });
    case 'PruneBuilds':
      return pruned(beyondRetention(history.builds, command.retention));
    case 'NoteRemoved':
      return pruned(command.builds.filter((id) => (findBuild(history, id)?.status ?? 'running') !== 'running'));
    case 'DiscardBuild': {
      const build = findBuild(history, command.build);
      if (build === undefined) throw new UnknownBuild(command.build);
      if (build.status !== 'running') return []; // what has ended is history, and stays
      return [{ type: 'Pruned', builds: [build.id], reason: 'discarded' }];
    }
    case 'AdoptBuild': {
      const { started, ended } = command;
      const build = findBuild(history, started.build);
      if (build === undefined) {
        if (wasStarted(history, started.build, startedBefore)) return [];
        return ended ? [started, ended] : [started];
      }
      return build.status === 'running' && ended ? [ended] : [];
    }
    default:
      return assertNever(command);
  }
}

function wasStarted(history: History, id: BuildId, startedBefore: (id: BuildId) => boolean): boolean {
  if (findBuild(history, id) !== undefined || history.departed.includes(id)) return true;
  return !isCertainlyNew(history, id) && startedBefore(id);
}

/**
 * The finished builds that have to leave so that `retention` are left, oldest first. Builds that never finished (found dead)
 * leave before those that did, and the most recent success leaves last of all: a timer whose polls find nothing must not
 * drive out the last real deploy.
 */
function beyondRetention(builds: readonly Build[], retention: number): BuildId[] {
  const ended = builds.filter((build) => build.status !== 'running');
  const excess = ended.length - retention;
  if (excess <= 0) return [];
  const lastSuccess = ended.findLast((build) => build.status === 'succeeded');
  const abandoned = ended.filter(neverFinished);
  const others = ended.filter((build) => !neverFinished(build) && build !== lastSuccess);
  const leaving = new Set([...abandoned, ...others].slice(0, excess));
  return ended.filter((build) => leaving.has(build)).map((build) => build.id);
}

function neverFinished(build: Build): boolean {
  return build.status === 'failed' && build.cause === 'abandoned';
}

function pruned(builds: readonly BuildId[]): BuildEvent[] {
  return chunk(builds, PRUNED_AT_ONCE).map((some) => ({ type: 'Pruned', builds: some, reason: 'retention' }));
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}

/** `at`, or `start` when a clock that jumped says that it ended before it began. */
function notBefore(start: Timestamp, at: number): Timestamp {
  return at > (parseTimestamp(start) ?? 0) ? formatTimestamp(at) : start;
}
