import { join } from 'node:path';

import type { BuildId } from '../host/dokku/names';
import { readCheckpoint } from './checkpoint';
import { evolveAll, evolveOver, initialState } from './decider';
import { buildsNamed, type Recorded } from './events';
import { type Head, isHeadOf, type Journal, sizeOf, JOURNAL_FILE, START, withJournal } from './file/journalFile';
import { type Problem, type Reading, readJournal } from './file/readJournal';
import type { History } from './history';
import { keepProblem } from './problems';

/** An app's history, and how far its journal was read for it. */
export interface Loaded {
  readonly history: History;
  readonly head: Head;
  /**
   * The builds that events behind the checkpoint name: their files may be out of date. `all` if there was no
   * checkpoint.
   */
  readonly changed: 'all' | ReadonlySet<BuildId>;
  /** The problems in the part of the journal that was read; of very many problems the first ones. */
  readonly problems: readonly Problem[];
  /** True if the history has adopted builds that could not be appended to the journal. */
  readonly inMemory?: true;
}

/** The history of an app without a journal. */
export const nothingLoaded: Loaded = { history: initialState, head: START, changed: 'all', problems: [] };

/**
 * The history of the app whose data lies in `directory`: its checkpoint, if that belongs to this journal, and the
 * events behind it. Calls `onRead` for each event that it reads. Throws `JournalNotReadable`.
 */
export function loadHistory(directory: string, onRead?: () => void): Loaded {
  const read = withJournal(join(directory, JOURNAL_FILE), (journal) => {
    const checkpoint = readCheckpoint(directory);
    if (checkpoint !== undefined && isHeadOf(journal, checkpoint.head)) {
      const { loaded, diverged } = readOn(journal, { ...checkpoint, changed: new Set(), problems: [] }, onRead);
      if (!diverged) return loaded;
    }
    return loadWhole(journal, onRead);
  });
  return read ?? nothingLoaded;
}

/** The history that is made from all events of `journal`, without the checkpoint. Throws `JournalNotReadable`. */
export function loadWhole(journal: Journal, onRead?: () => void): Loaded {
  return readOn(journal, nothingLoaded, onRead).loaded;
}

/** `loaded` with the events behind its head. `diverged`: they do not belong to it, and nothing was added. */
export function readOn(journal: Journal, loaded: Loaded, onRead?: () => void): { loaded: Loaded; diverged: boolean } {
  if (sizeOf(journal) === loaded.head.end) return { loaded, diverged: false };
  const problems: Problem[] = [...loaded.problems];
  const changed = new Set<BuildId>();
  let reading: Reading = { head: loaded.head, diverged: false };
  const history = evolveOver(loaded.history, (next) => {
    reading = readJournal(journal, loaded.head, {
      event({ event }) {
        onRead?.();
        next(event);
        if (loaded.changed !== 'all') for (const id of buildsNamed(event)) changed.add(id);
      },
      problem: (problem) => keepProblem(problems, problem),
    });
  });
  const { head, diverged } = reading;
  if (diverged) return { loaded, diverged };
  const read = {
    history,
    head,
    changed: together(loaded.changed, changed),
    problems,
  };
  return { loaded: { ...loaded, ...read }, diverged };
}

/** `loaded` with `events`, which follow its head. The head stays: the caller knows where they end. */
export function withEvents(loaded: Loaded, events: readonly Recorded[]): Loaded {
  if (events.length === 0) return loaded;
  const facts = events.map(({ event }) => event);
  const history = evolveAll(loaded.history, facts);
  if (loaded.changed === 'all') return { ...loaded, history };
  return { ...loaded, history, changed: together(loaded.changed, facts.flatMap(buildsNamed)) };
}

function together(before: Loaded['changed'], more: Iterable<BuildId>): Loaded['changed'] {
  return before === 'all' ? 'all' : new Set([...before, ...more]);
}
