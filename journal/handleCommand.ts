import { join } from 'node:path';

import type { BuildId } from '../host/dokku/names';
import { pauseAtRandom } from '../host/system/pause';
import { random } from '../host/system/random';
import { type BuildCommand, decide } from './decide';
import type { BuildEvent, Recorded } from './events';
import { appendEvent } from './file/appendEvent';
import {
  closeJournal,
  type Journal,
  JOURNAL_FILE,
  openJournal,
  openJournalForAppend,
  syncJournal,
} from './file/journalFile';
import { type Reading, readJournal } from './file/readJournal';
import { wasEverStarted } from './file/wasEverStarted';
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
      const decider = new Decider(path, command);
      const { state, events } = journal
        ? decideOnAll(journal, handled.loaded, decider)
        : decideOnAllAt(path, handled.loaded, decider);
      if (events.length > 0) journal ??= openJournalForAppend(path);
      const appended = journal ? appendAll(journal, state, events, decider, at) : { loaded: state, added: [] };
      handled = { loaded: appended.loaded, added: [...handled.added, ...appended.added] };
    }
    if (journal) syncJournal(journal);
    return handled;
  } finally {
    if (journal) closeJournal(journal);
  }
}

/**
 * Decides one command, on one history after the other. Whether its build was started before, the whole journal is asked once; a frame of
 * ours that lost its race would have it read again. Who starts the build later may have left the history, too, when it is decided
 * again: so this has to meet all that is added.
 */
class Decider {
  readonly #path: string;
  readonly #command: BuildCommand;
  #asked: { readonly build: BuildId; startedBefore: boolean } | undefined;

  constructor(path: string, command: BuildCommand) {
    this.#path = path;
    this.#command = command;
  }

  decideOn(history: Loaded['history']): BuildEvent[] {
    return decide(history, this.#command, (build) => {
      this.#asked ??= { build, startedBefore: wasEverStarted(this.#path, build) };
      return this.#asked.startedBefore;
    });
  }

  meet(since: readonly Recorded[]): void {
    for (const { event } of since)
      if (event.type === 'BuildStarted' && event.build === this.#asked?.build) this.#asked.startedBefore = true;
  }

  /** The journal is another one than it was. */
  startOver(): void {
    this.#asked = undefined;
  }
}

/** What was decided, and on what. */
interface Decided {
  readonly state: Loaded;
  readonly events: BuildEvent[];
}

function decideOnAllAt(path: string, loaded: Loaded, decider: Decider): Decided {
  const journal = openJournal(path);
  if (journal === undefined) return { state: loaded, events: decider.decideOn(loaded.history) };
  try {
    return decideOnAll(journal, loaded, decider);
  } finally {
    closeJournal(journal);
  }
}

/**
 * Decides on everything that the journal holds by now: who says that there is nothing to add, or that a build is unknown, must not
 * say so of a history that has gone on meanwhile. What such an answer rests on is on disk when this returns.
 */
function decideOnAll(journal: Journal, loaded: Loaded, decider: Decider): Decided {
  for (let state = refresh(journal, loaded, decider); ; state = refresh(journal, state, decider)) {
    const events = decider.decideOn(state.history);
    if (events.length > 0) return { state, events };
    syncJournal(journal);
    if (refresh(journal, state, decider) === state) return { state, events };
  }
}

/** Not durable yet when this returns. */
function appendAll(journal: Journal, loaded: Loaded, decided: BuildEvent[], decider: Decider, at: number): Handled {
  const added: Recorded[] = [];
  let state = loaded;
  let events = decided;
  for (let lost = 0; ;) {
    const [next, ...later] = events;
    if (next === undefined) break;
    const appended = appendEvent(journal, state.head, next, at, random);
    state = goOn(journal, state, appended, decider);
    if (appended.own) {
      added.push(appended.own);
      if (later.length === 0) break;
    } else {
      lost += 1;
      backOff(lost);
    }
    events = decider.decideOn(state.history);
  }
  return { loaded: state, added };
}

/** The same history when nothing was added to the journal since it was read. */
function refresh(journal: Journal, loaded: Loaded, decider: Decider): Loaded {
  const since: Recorded[] = [];
  const reading = readJournal(journal, loaded.head, {
    event: (recorded) => since.push(recorded),
    problem: () => undefined,
  });
  const another = loaded.inMemory === true || reading.diverged; // what is decided must rest on the journal
  return !another && reading.head.end === loaded.head.end
    ? loaded
    : goOn(journal, loaded, { since, head: reading.head, diverged: another }, decider);
}

/** The history with what was read behind it; all of the journal's where it has diverged. */
function goOn(
  journal: Journal,
  loaded: Loaded,
  { since, head, diverged }: Reading & { readonly since: readonly Recorded[] },
  decider: Decider,
): Loaded {
  if (diverged) {
    decider.startOver();
    return loadFrom(journal, undefined);
  }
  decider.meet(since);
  const history = draftHistory(loaded.history);
  for (const { event } of since) apply(history, event);
  return { ...loaded, history, head, folded: loaded.folded + since.length };
}

/** Who has lost knows all that the winner wrote and most often wins the next race: to be woken from a pause takes longer than that. */
const LOST_WITHOUT_PAUSE = 3;

const LONGEST_PAUSE_MS = 8;

/** From then on a pause that grows with the races lost, so that many writers do not keep step. */
function backOff(lost: number): void {
  if (lost > LOST_WITHOUT_PAUSE) pauseAtRandom(Math.min(2 ** (lost - LOST_WITHOUT_PAUSE) * 0.05, LONGEST_PAUSE_MS));
}
