import { join } from 'node:path';

import { parseTimestamp } from '../../host/durations';
import type { BuildId } from '../../host/dokku/names';
import type { BuildCanceled, BuildFinished, Recorded } from '../../journal/events';
import type { History } from '../../journal/history';
import { JOURNAL_FILE, START, withJournal } from '../../journal/file/journalFile';
import { type Problem, readJournal } from '../../journal/file/readJournal';
import { evolveOver, initialState } from '../../journal/decider';
import { keepProblem } from '../../journal/problems';
import { countEnd, type EndsByHour } from './ends';

/** How a build ended, pruned builds included. */
export interface Outcome {
  readonly build: BuildId;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** How long it took, in ms. */
  readonly ms: number;
  readonly status: 'succeeded' | 'failed' | 'canceled';
}

/** What a page needs of an app's journal: the history, and the events that made it. */
export interface PageHistory {
  readonly history: History;
  /** The events of each build that is on record, in order. */
  readonly events: ReadonlyMap<BuildId, readonly Recorded[]>;
  /** The latest ends, oldest first. */
  readonly outcomes: readonly Outcome[];
  /** All ends. */
  readonly ends: EndsByHour;
  /** What was damaged or missing. */
  readonly problems: readonly Problem[];
}

/**
 * Reads the journal in `directory` once, from its beginning; keeps at most `most` outcomes. Memory depends on the
 * builds on record. Calls `onRead` for each event. Throws `JournalNotReadable`.
 */
export function readPageHistory(directory: string, most: number, onRead?: () => void): PageHistory {
  const events = new Map<BuildId, Recorded[]>();
  const problems: Problem[] = [];
  const outcomes: Outcome[] = [];
  const ends: EndsByHour = new Map();
  const onEvent = (recorded: Recorded): void => {
    const { event } = recorded;
    switch (event.type) {
      case 'BuildStarted':
        if (!events.has(event.build)) events.set(event.build, [recorded]);
        break;
      case 'Pruned':
        for (const build of event.builds) events.delete(build);
        break;
      case 'BuildFinished':
      case 'BuildCanceled': {
        const own = events.get(event.build);
        const first = own?.[0]?.event;
        if (own === undefined || first?.type !== 'BuildStarted' || !isNext(own, event)) return;
        const corrected = own.length > 1 ? outcomes.findLastIndex(({ build }) => build === event.build) : -1;
        own.push(recorded);
        const outcome = outcomeOf(event, timeOf(first.startedAt));
        const [before] = outcomes.splice(corrected < 0 ? outcomes.length : corrected, 1, outcome);
        if (before !== undefined) countEnd(ends, before, -1);
        countEnd(ends, outcome);
        if (outcomes.length > 2 * most) outcomes.splice(0, most);
      }
    }
  };
  const history = withJournal(join(directory, JOURNAL_FILE), (journal) =>
    evolveOver(initialState, (next) => {
      const event = (recorded: Recorded): void => {
        onRead?.();
        next(recorded.event);
        onEvent(recorded);
      };
      readJournal(journal, START, { event, problem: (problem) => keepProblem(problems, problem) });
    }),
  );
  return { history: history ?? initialState, events, outcomes: outcomes.slice(-most), ends, problems };
}

/** The first end decides. A report corrects an end that was inferred. */
function isNext(own: readonly Recorded[], event: BuildFinished | BuildCanceled): boolean {
  const last = own.at(-1)?.event;
  if (last?.type === 'BuildStarted') return true;
  return (
    last?.type === 'BuildFinished' && last.cause !== 'exit' && event.type === 'BuildFinished' && event.cause === 'exit'
  );
}

function outcomeOf(event: BuildFinished | BuildCanceled, startedAt: number): Outcome {
  const status = event.type === 'BuildCanceled' ? 'canceled' : event.status;
  return { build: event.build, startedAt, ms: Math.max(0, timeOf(event.finishedAt) - startedAt), status };
}

/** ms since the epoch. Date.parse is fast, and takes everything that is written here. */
export function timeOf(timestamp: string): number {
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? (parseTimestamp(timestamp) ?? 0) : time;
}
