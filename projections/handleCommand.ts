import { join } from 'node:path';

import type { BuildId } from '../host/names';
import { pauseAtRandom } from '../host/pause';
import { type BuildCommand, decide } from '../journal/decide';
import type { Recorded } from '../journal/events';
import {
  appendEvent,
  closeJournal,
  type Journal,
  JOURNAL_FILE,
  openJournal,
  openJournalForAppend,
  syncJournal,
} from '../journal/journal';
import { wasEverStarted } from '../journal/wasEverStarted';
import { evolve } from './evolve';
import { loadFrom, type Loaded } from './loadHistory';

/** What a command came to. */
export interface Handled {
  /** The history with what this command and everybody else added. */
  readonly loaded: Loaded;
  /** The events that this call added, in order; they are on disk. Empty: it was so already, or somebody else was first. */
  readonly added: readonly Recorded[];
}

/**
 * Decides `command` on the history `loaded` from `directory` and appends what follows from it, again and again until what was
 * decided is what stands in the journal. When it returns, everything it says is durable. `at` is ms since the epoch.
 * Throws what {@link decide} throws, and `JournalNotWritten`.
 */
export function handleCommand(directory: string, loaded: Loaded, command: BuildCommand, at: number): Handled {
  const path = join(directory, JOURNAL_FILE);
  const startedBefore = (id: BuildId): boolean => wasEverStarted(path, id);
  let events = decide(loaded.history, command, startedBefore);
  if (events.length === 0) {
    syncIfThere(path);
    return { loaded, added: [] };
  }
  const journal = openJournalForAppend(path);
  try {
    const added: Recorded[] = [];
    let state = loaded;
    for (let lost = 0; ;) {
      const [next, ...later] = events;
      if (next === undefined) break;
      const appended = appendEvent(journal, state.head, next, at);
      state = appended.diverged ? loadFrom(journal, undefined) : catchUp(state, appended.since, appended.head);
      if (appended.own) {
        added.push(appended.own);
        if (later.length === 0) break;
      } else {
        lost += 1;
        backOff(lost);
      }
      events = decide(state.history, command, startedBefore);
    }
    syncJournal(journal);
    return { loaded: state, added };
  } finally {
    closeJournal(journal);
  }
}

function catchUp(loaded: Loaded, since: readonly Recorded[], head: Loaded['head']): Loaded {
  const history = since.reduce((before, recorded) => evolve(before, recorded.event), loaded.history);
  return { ...loaded, history, head, folded: loaded.folded + since.length };
}

/** What an answer rests on has to be as durable as what it adds: another process may not have synced it yet. */
function syncIfThere(path: string): void {
  const journal: Journal | undefined = openJournal(path);
  if (journal === undefined) return;
  try {
    syncJournal(journal);
  } finally {
    closeJournal(journal);
  }
}

const LONGEST_PAUSE_MS = 8;

/** A pause that grows with the races lost, so that many writers do not keep step. */
function backOff(lost: number): void {
  pauseAtRandom(Math.min(2 ** lost * 0.05, LONGEST_PAUSE_MS));
}
