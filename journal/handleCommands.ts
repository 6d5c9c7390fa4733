import { join } from 'node:path';

import type { System } from '../host/system/system';
import type { BuildCommand } from './commands';
import { decide } from './decider';
import type { BuildEvent, Recorded } from './events';
import { type Appended, appendEvent } from './file/appendEvent';
import { beginJournal } from './file/beginJournal';
import {
  closeJournal,
  type Head,
  isReplaced,
  type Journal,
  JOURNAL_FILE,
  openJournal,
  openJournalForAppend,
  syncJournal,
} from './file/journalFile';
import { type Loaded, loadHistory, loadWhole, readOn, withEvents } from './loadHistory';
import { UsedIds } from './usedIds';

/** The result of commands. */
export interface Handled {
  /** The history with the events of these commands and of all other processes. */
  readonly loaded: Loaded;
  /** The events that this call added, in order. Empty if there was nothing to change, or another process was first. */
  readonly added: readonly Recorded[];
}

/**
 * Decides `commands`, one after the other, on the history `loaded` from `directory`, and appends the events that
 * follow. When it returns, everything in the result is on disk, unless `system` says that its caller syncs
 * afterwards. If another file takes the place of the journal, it decides and appends again there. Throws what `decide`
 * throws, and `JournalNotWritten`; events of the commands before that may then not be on disk yet.
 */
export function handleCommands(
  directory: string,
  loaded: Loaded,
  commands: readonly BuildCommand[],
  system: System,
): Handled {
  for (let from = loaded; ; from = loadHistory(directory)) {
    const writer = new Writer(join(directory, JOURNAL_FILE));
    try {
      let handled: Handled = { loaded: from, added: [] };
      for (const command of commands) {
        const { loaded: after, added } = handleCommand(writer, handled.loaded, command, system);
        handled = { loaded: after, added: [...handled.added, ...added] };
      }
      writer.end();
      if (!writer.isReplaced()) return handled;
    } finally {
      writer.close();
    }
  }
}

/**
 * 1. Read what others have appended. 2. Decide. 3. Nothing to add: done, if the journal is still the same after a
 *   sync, because the answer must rest on what is on disk. 4. Append; several events without a journal begin one. If
 *   another process was first, start again.
 */
function handleCommand(writer: Writer, loaded: Loaded, command: BuildCommand, system: System): Handled {
  const added: Recorded[] = [];
  let state = writer.readOn(loaded);
  const usedIds = new UsedIds(writer.path);
  for (let lost = 0; ; state = writer.readOn(state)) {
    const events = decide(state.history, usedIds.noteIn(command, state));
    if (events.length === 0) {
      writer.sync();
      if (writer.readOn(state) === state) return { loaded: state, added };
    } else if (writer.isForAppend()) {
      const appended = appendAll(writer, state, events, system);
      state = appended.loaded;
      added.push(...appended.added);
      if (appended.added.length === events.length) return { loaded: state, added };
      lost += 1;
      backOff(lost, system);
    } else {
      const begun = events.length > 1 ? writer.begin(events, system) : undefined;
      if (begun !== undefined)
        return { loaded: { ...withEvents(state, begun.recorded), head: begun.head }, added: begun.recorded };
      writer.openForAppend(); // and read on: it may be another file by now
    }
  }
}

/** Appends `events` one after the other, and stops where another process has appended something. */
function appendAll(writer: Writer, loaded: Loaded, events: readonly BuildEvent[], system: System): Handled {
  const added: Recorded[] = [];
  const since: Recorded[] = [];
  let { head } = loaded;
  for (const event of events) {
    const appended = writer.append(head, event, system);
    if (appended.diverged) return { loaded: writer.readAll(), added };
    head = appended.head;
    since.push(...appended.since);
    if (appended.own !== undefined) added.push(appended.own);
    if (appended.own === undefined || appended.since.length > 1) break;
  }
  return { loaded: { ...withEvents(loaded, since), head }, added };
}

/**
 * Lost races without a pause. A loser has read what the winner wrote, and usually wins the next race sooner than a
 * pause would end.
 */
const LOST_WITHOUT_PAUSE = 3;

const LONGEST_PAUSE_MS = 8;

/** Then a random pause that grows with the races lost, so that many writers do not keep step. */
function backOff(lost: number, { pause, random }: System): void {
  if (lost <= LOST_WITHOUT_PAUSE) return;
  pause(random() * Math.min(2 ** (lost - LOST_WITHOUT_PAUSE) * 0.05, LONGEST_PAUSE_MS));
}

/** The journal at a path: open for reading once it exists, and for appending once there is something to append. */
class Writer {
  #journal: Journal | undefined;
  #isForAppend = false;
  #isDirty = false;

  constructor(readonly path: string) {}

  isForAppend(): boolean {
    return this.#isForAppend;
  }

  /** Whether events were appended to a file that is no longer the journal. */
  isReplaced(): boolean {
    return this.#isForAppend && this.#journal !== undefined && isReplaced(this.#journal);
  }

  /** Makes the journal with its first events. Undefined if there is one, or it has to be begun by an append. */
  begin(events: readonly BuildEvent[], system: System): ReturnType<typeof beginJournal> {
    return this.#journal ? undefined : beginJournal(this.path, events, system);
  }

  openForAppend(): void {
    const journal = openJournalForAppend(this.path);
    this.close();
    this.#journal = journal;
    this.#isForAppend = true;
  }

  /** `loaded` with what was appended since; the same object if that is nothing, or if there is still no journal. */
  readOn(loaded: Loaded): Loaded {
    this.#journal ??= openJournal(this.path);
    if (this.#journal === undefined) return loaded;
    const { loaded: read, diverged } = readOn(this.#journal, loaded);
    if (diverged || loaded.inMemory === true) return this.readAll(); // what is decided must rest on the journal
    return read.head.end === loaded.head.end ? loaded : read;
  }

  readAll(): Loaded {
    return loadWhole(this.#opened());
  }

  append(head: Head, event: BuildEvent, system: System): Appended {
    this.#isDirty = true;
    return appendEvent(this.#opened(), head, event, system.now(), system.random);
  }

  /** Everything that any process has appended so far is on disk when this returns. */
  sync(): void {
    if (this.#journal !== undefined) syncJournal(this.#journal);
    this.#isDirty = false;
  }

  /** Syncs what this process has appended. */
  end(): void {
    if (this.#isDirty) this.sync();
  }

  close(): void {
    if (this.#journal !== undefined) closeJournal(this.#journal);
    this.#journal = undefined;
  }

  #opened(): Journal {
    if (this.#journal === undefined) throw new Error('The journal is not open');
    return this.#journal;
  }
}
