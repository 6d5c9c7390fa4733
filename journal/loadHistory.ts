import { join } from 'node:path';

import type { History } from './history';
import { closeJournal, type Head, isHeadOf, type Journal, JOURNAL_FILE, openJournal, START } from './file/journalFile';
import { type Problem, readJournal } from './file/readJournal';
import { type Checkpoint, readCheckpoint } from './checkpoint';
import { apply, draftHistory, emptyHistory } from './applyEvent';

/** An app's history as its journal tells it, and where it was read to. */
export interface Loaded {
  readonly history: History;
  readonly head: Head;
  /** Events that were folded to get here; the rest came from the checkpoint. */
  readonly folded: number;
  /** The checkpoint that this began from was stored with all records true. */
  readonly settled: boolean;
  /** What was not as it was written, in the part that was read. */
  readonly problems: readonly Problem[];
  /** The history says more than the journal: something was adopted that could not be appended. */
  readonly inMemory?: true;
}

/** No journal, no history. */
export const nothingLoaded: Loaded = { history: emptyHistory, head: START, folded: 0, settled: false, problems: [] };

/**
 * The history of the app whose data lies in `directory`: its checkpoint, where that is one of this journal, and the events
 * behind it. Throws `JournalNotReadable`.
 */
export function loadHistory(directory: string): Loaded {
  const journal = openJournal(join(directory, JOURNAL_FILE));
  if (journal === undefined) return nothingLoaded;
  try {
    return loadFrom(journal, readCheckpoint(directory));
  } finally {
    closeJournal(journal);
  }
}

/** The same from an open journal, from `checkpoint` on if that is one of it. */
export function loadFrom(journal: Journal, checkpoint: Checkpoint | undefined): Loaded {
  if (checkpoint !== undefined && isHeadOf(journal, checkpoint.head)) {
    const loaded = fold(journal, checkpoint);
    if (loaded !== undefined) return loaded;
  }
  return fold(journal, { head: START, history: emptyHistory, settled: false }) ?? nothingLoaded;
}

function fold(journal: Journal, from: Checkpoint): Loaded | undefined {
  let draft: ReturnType<typeof draftHistory> | undefined; // a copy, once there is something to change
  const problems: Problem[] = [];
  let folded = 0;
  const reading = readJournal(journal, from.head, {
    event(recorded) {
      draft ??= draftHistory(from.history);
      apply(draft, recorded.event);
      folded += 1;
    },
    problem: (problem) => problems.push(problem),
  });
  if (reading.diverged) return undefined;
  return { history: draft ?? from.history, head: reading.head, folded, settled: from.settled, problems };
}
