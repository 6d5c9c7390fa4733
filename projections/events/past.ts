import { join } from 'node:path';

import { parseTimestamp, toWholeSeconds } from '../../host/durations';
import type { BuildId } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import type { BuildEvent, BuildFinished, Pruned, Recorded } from '../../journal/events';
import { type Build, buildsOf, findBuild, type History } from '../../journal/history';
import { JOURNAL_FILE, START, withJournal } from '../../journal/file/journalFile';
import { readJournal } from '../../journal/file/readJournal';
import { occursInJournal } from '../../journal/file/occursInJournal';
import { evolveOver, initialState } from '../../journal/decider';
import { problemWarner, type Warn } from '../problemWarnings';
import { happenedAt } from './happenedAt';

/** When and why a build was pruned. `at` is ms since the epoch. */
export interface Pruning {
  readonly at: number;
  readonly reason: Pruned['reason'];
}

/** The keys by which JSON views say that a build was pruned; none if it was not. */
export function pruningJson(pruning: Pruning | undefined): { pruned?: { at: string; reason: Pruning['reason'] } } {
  return pruning ? { pruned: { at: new Date(pruning.at).toISOString(), reason: pruning.reason } } : {};
}

/** `2026-04-30T13:50:00Z (retention)`, '' for one that was not pruned. */
export function pruningText(pruning: Pruning | undefined): string {
  return pruning ? `${toWholeSeconds(new Date(pruning.at).toISOString())} (${pruning.reason})` : '';
}

/** Says that the retention has removed only the log of `build`; '' if it has not. */
export function logPrunedText({ logPruned }: Build): string {
  return logPruned ? 'by log-retention' : '';
}

/** A build that is or was on record. */
export interface PastBuild {
  readonly build: Build;
  readonly pruning?: Pruning;
}

/** Limits the past to one build, and to what had happened by a time (ms since the epoch). */
export interface PastFilter {
  readonly only?: BuildId | undefined;
  readonly until?: number | undefined;
}

/**
 * The builds in the journal of `builds`, pruned ones included, in the order in which they started. Reads the whole
 * journal, and warns of damaged parts: their builds are missing. Throws `JournalNotReadable`.
 */
export function readPast(builds: AppBuilds, { only, until }: PastFilter, warn: Warn): PastBuild[] {
  if (only !== undefined && !occursInJournal(journalOf(builds), only)) return [];
  const past = new Map<BuildId, PastBuild>();
  const history = evolveOver(initialState, (next, state) => {
    readEvents(builds, warn, (recorded) => {
      const { at, event } = recorded;
      if (until !== undefined && happenedAt(recorded) > until) return;
      if (event.type === 'Pruned') {
        for (const id of event.builds) {
          const build = findBuild(state, id);
          if (build !== undefined) past.set(id, { build, pruning: { at, reason: event.reason } });
        }
      } else if (only !== undefined && event.build !== only) {
        return;
      } else if (event.type === 'BuildStarted' && !past.has(event.build)) {
        past.set(event.build, NOT_YET); // holds its place
      }
      next(event);
    });
  });
  for (const build of buildsOf(history)) past.set(build.id, { build });
  return [...past.values()].filter((one) => one !== NOT_YET);
}

const NOT_YET = {} as PastBuild;

/**
 * The ids that begin with `beginning` of builds that had started by `until` (ms since the epoch), newest first. Reads
 * in the same way.
 */
export function startedIds(builds: AppBuilds, beginning: string, until: number | undefined, warn: Warn): BuildId[] {
  if (!occursInJournal(journalOf(builds), beginning)) return [];
  const ids: BuildId[] = [];
  readEvents(builds, warn, (recorded) => {
    const { event } = recorded;
    if (event.type !== 'BuildStarted' || !event.build.startsWith(beginning)) return;
    if (until === undefined || happenedAt(recorded) <= until) ids.push(event.build);
  });
  return ids.reverse();
}

/** The history of an app as it was at a time. */
export interface HistoryThen {
  readonly history: History;
  /** Builds that counted as running then. Later they were found dead, with a last sign of life before that time. */
  readonly dead: ReadonlySet<BuildId>;
}

/**
 * The history of an app as it was at `then` (ms since the epoch), from its events alone. An adopted event counts from
 * the time in its record, because it was on record from then on. Reads the whole journal, as {@link readPast} does.
 * Throws `JournalNotReadable`.
 */
export function readHistoryAt(builds: AppBuilds, then: number, warn: Warn): HistoryThen {
  const dead = new Set<BuildId>();
  const history = evolveOver(initialState, (next) => {
    readEvents(builds, warn, (recorded) => {
      const { event } = recorded;
      if (happenedAt(recorded) <= then) next(event);
      else if (isInferredEnd(event) && timeOf(event.finishedAt) <= then) dead.add(event.build);
    });
  });
  return { history, dead };
}

function isInferredEnd(event: BuildEvent): event is BuildFinished {
  return event.type === 'BuildFinished' && event.cause !== 'exit';
}

function timeOf(timestamp: string): number {
  return parseTimestamp(timestamp) ?? Number.POSITIVE_INFINITY;
}

function journalOf({ directory }: AppBuilds): string {
  return join(directory, JOURNAL_FILE);
}

/** Reads every event of the journal of `builds`; none when there is no journal. Throws `JournalNotReadable`. */
export function readEvents(builds: AppBuilds, warn: Warn, onEvent: (recorded: Recorded) => void): void {
  withJournal(journalOf(builds), (journal) =>
    readJournal(journal, START, { event: onEvent, problem: problemWarner(builds, warn) }),
  );
}
