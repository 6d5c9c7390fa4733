import { join } from 'node:path';

import type { BuildId } from '../host/names';
import { pauseAtRandom } from '../host/pause';
import { type BuildCommand, decide } from '../journal/decide';
import type { BuildEvent, Recorded } from '../journal/events';
import { appendEvent } from '../journal/appendEvent';
import {
  closeJournal,
  type Journal,
  JOURNAL_FILE,
  openJournal,
  openJournalForAppend,
  syncJournal,
} from '../journal/journal';
import { readJournal } from '../journal/scanJournal';
import { wasEverStarted } from '../journal/wasEverStarted';
import { apply, draftHistory } from './applyEvent';
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
  return handleCommands(directory, loaded, [command], at);
}

/** Does so with one command after the other. The first that throws is the last; what was appended before it may not be durable yet. */
export function handleCommands(
  directory: string,
  loaded: Loaded,
  commands: readonly BuildCommand[],
  at: number,
): Handled {
  const path = join(directory, JOURNAL_FILE);
  let handled: Handled = { loaded, added: [] };
  let journal: Journal | undefined; // once there is something to append
  try {
    for (const command of commands) {
      const decideOn = decider(path, command);
      const { state, events } = journal
        ? decideOnAll(journal, handled.loaded, decideOn)
        : decideOnAllAt(path, handled.loaded, decideOn);
      if (events.length > 0) journal ??= openJournalForAppend(path);
      const appended = journal ? appendAll(journal, state, events, decideOn, at) : { loaded: state, added: [] };
      handled = { loaded: appended.loaded, added: [...handled.added, ...appended.added] };
    }
    if (journal) syncJournal(journal);
    return handled;
  } finally {
    if (journal) closeJournal(journal);
  }
}

type Decide = (history: Loaded['history']) => BuildEvent[];

function decider(path: string, command: BuildCommand): Decide {
  // Asked once: who starts the build from here on is in the history, and a frame of ours that lost its race holds the id, too.
  let before: boolean | undefined;
  const startedBefore = (id: BuildId): boolean => (before ??= wasEverStarted(path, id));
  return (history) => decide(history, command, startedBefore);
}

/** What was decided, and on what. */
interface Decided {
  readonly state: Loaded;
  readonly events: BuildEvent[];
}

function decideOnAllAt(path: string, loaded: Loaded, decideOn: Decide): Decided {
  const journal = openJournal(path);
  if (journal === undefined) return { state: loaded, events: decideOn(loaded.history) };
  try {
    return decideOnAll(journal, loaded, decideOn);
  } finally {
    closeJournal(journal);
  }
}

/**
 * Decides on everything that the journal holds by now: who says that there is nothing to add, or that a build is unknown, must not
 * say so of a history that has gone on meanwhile. What such an answer rests on is on disk when this returns.
 */
function decideOnAll(journal: Journal, loaded: Loaded, decideOn: Decide): Decided {
  for (let state = refresh(journal, loaded); ; state = refresh(journal, state)) {
    const events = decideOn(state.history);
    if (events.length > 0) return { state, events };
    syncJournal(journal);
    if (refresh(journal, state) === state) return { state, events };
  }
}

/** Not durable yet when this returns. */
function appendAll(journal: Journal, loaded: Loaded, decided: BuildEvent[], decideOn: Decide, at: number): Handled {
  const added: Recorded[] = [];
  let state = loaded;
  let events = decided;
  for (let lost = 0; ;) {
    const [next, ...later] = events;
    if (next === undefined) break;
    const appended = appendEvent(journal, state.head, next, at);
    state = appended.diverged ? loadFrom(journal, undefined) : advance(state, appended.since, appended.head);
    if (appended.own) {
      added.push(appended.own);
      if (later.length === 0) break;
    } else {
      lost += 1;
      backOff(lost);
    }
    events = decideOn(state.history);
  }
  return { loaded: state, added };
}

/** The same history when nothing was added to the journal since it was read. */
function refresh(journal: Journal, loaded: Loaded): Loaded {
  if (loaded.inMemory === true) return loadFrom(journal, undefined); // what is decided must rest on the journal
  const since: Recorded[] = [];
  const { head, diverged } = readJournal(journal, loaded.head, {
    event: (recorded) => since.push(recorded),
    problem: () => undefined,
  });
  if (diverged) return loadFrom(journal, undefined);
  return head.end === loaded.head.end ? loaded : advance(loaded, since, head);
}

function advance(loaded: Loaded, since: readonly Recorded[], head: Loaded['head']): Loaded {
  const history = draftHistory(loaded.history);
  for (const { event } of since) apply(history, event);
  return { ...loaded, history, head, folded: loaded.folded + since.length };
}

const LONGEST_PAUSE_MS = 8;

/** A pause that grows with the races lost, so that many writers do not keep step. */
function backOff(lost: number): void {
  pauseAtRandom(Math.min(2 ** lost * 0.05, LONGEST_PAUSE_MS));
}
