import { join } from 'node:path';

import { parseTimestamp, toWholeSeconds } from '../../host/durations';
import type { BuildId } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import type { Warn } from '../../host/failure';
import {
  type BuildEvent,
  type BuildFinished,
  type BuildStarted,
  buildsNamed,
  type Pruned,
  type Recorded,
} from '../../journal/events';
import type { Build, History } from '../../journal/history';
import { JOURNAL_FILE, START, withJournal } from '../../journal/file/journalFile';
import { eventsBackwards } from '../../journal/file/readBackwards';
import { readJournal } from '../../journal/file/readJournal';
import { occursInJournal } from '../../journal/file/occursInJournal';
import { buildOf, evolveOver, initialState } from '../../journal/decider';
import { problemWarner } from '../problemWarnings';
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

/** `2026-04-30T13:50:00Z (retention)`, '' for one that was not pruned. `timeText` gives the text for the time. */
export function pruningText(pruning: Pruning | undefined, timeText = toWholeSeconds): string {
  return pruning ? `${timeText(new Date(pruning.at).toISOString())} (${pruning.reason})` : '';
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

/**
 * The build `id` in the journal of `builds`, pruned or not, as it stood at `until` (ms since the epoch) or stands now.
 * Reads the whole journal, and warns of damaged parts. Throws `JournalNotReadable`.
 */
export function readPastBuild(
  builds: AppBuilds,
  id: BuildId,
  until: number | undefined,
  warn: Warn,
): PastBuild | undefined {
  if (!occursInJournal(journalOf(builds), id)) return undefined;
  let own: BuildEvent[] = []; // since it was pruned
  let pruned: PastBuild | undefined;
  readEvents(builds, warn, (recorded) => {
    const { at, event } = recorded;
    if ((until !== undefined && happenedAt(recorded) > until) || !buildsNamed(event).includes(id)) return;
    if (event.type !== 'Pruned' || !event.builds.includes(id)) {
      own.push(event);
      return;
    }
    const build = buildOf(own);
    if (build !== undefined) pruned = { build, pruning: { at, reason: event.reason } };
    own = [];
  });
  const build = buildOf(own);
  return build === undefined ? pruned : { build };
}

/**
 * All builds in the journal of `builds`, pruned ones included, the one that started last first; as they stood at
 * `until` (ms since the epoch) or stand now. Read anew, backwards, each time that it is iterated over, so that no more
 * of them are in memory than were on record at one time. Warns of damaged parts: their builds are missing. Iterating
 * throws `JournalNotReadable`.
 */
export function readPast(builds: AppBuilds, until: number | undefined, warn: Warn): Iterable<PastBuild> {
  const isAfter = (recorded: Recorded): boolean => until !== undefined && happenedAt(recorded) > until;
  const starts = new VoidStarts();
  const events = eventsBackwards(journalOf(builds), {
    event(recorded) {
      builds.onRead?.();
      if (!isAfter(recorded)) starts.add(recorded);
    },
    problem: problemWarner(builds, warn),
  });
  return {
    *[Symbol.iterator]() {
      const later = new Map<BuildId, Later>();
      for (const recorded of events) {
        const { at, seq, event } = recorded;
        if (isAfter(recorded) || starts.void.has(seq)) continue;
        if (event.type === 'BuildStarted') {
          const { events: own, pruning } = later.get(event.build) ?? { events: [] };
          later.delete(event.build);
          const build = buildOf([event, ...own.reverse()]);
          if (build !== undefined) yield { build, ...(pruning && { pruning }) };
        } else {
          if (event.type === 'Pruned')
            for (const id of event.builds) later.set(id, { events: [], pruning: { at, reason: event.reason } });
          for (const id of stillThereAfter(event)) {
            const known = later.get(id);
            if (known === undefined) later.set(id, { events: [event] });
            else known.events.push(event);
          }
        }
      }
    },
  };
}

/** The builds that `event` changes, and does not remove. */
function stillThereAfter(event: Exclude<BuildEvent, BuildStarted>): readonly BuildId[] {
  if (event.type !== 'Pruned') return [event.build];
  return (event.logs ?? []).filter((id) => !event.builds.includes(id));
}

/** What is known of a build before its start is read: its events, the last one first, up to when it was pruned. */
interface Later {
  readonly events: BuildEvent[];
  readonly pruning?: Pruning;
}

/** Starts of builds that were on record already. This program writes none, and they count for nothing. */
class VoidStarts {
  /** Numbers of events. */
  readonly void = new Set<number>();
  readonly #present = new Set<BuildId>();

  add({ seq, event }: Recorded): void {
    if (event.type === 'Pruned') for (const id of event.builds) this.#present.delete(id);
    if (event.type !== 'BuildStarted') return;
    if (this.#present.has(event.build)) this.void.add(seq);
    this.#present.add(event.build);
  }
}

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
 * the time in its record, because it was on record from then on. Reads the whole journal, as {@link readPastBuild}
 * does. Throws `JournalNotReadable`.
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
  const { onRead = () => undefined } = builds;
  const event = (recorded: Recorded): void => {
    onRead();
    onEvent(recorded);
  };
  withJournal(journalOf(builds), (journal) =>
    readJournal(journal, START, { event, problem: problemWarner(builds, warn) }),
  );
}
