import { join } from 'node:path';

import type { AppName } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import type { Warn } from '../../host/failure';
import type { Recorded } from '../../journal/events';
import {
  closeJournal,
  type Head,
  type Journal,
  JOURNAL_FILE,
  openJournal,
  START,
} from '../../journal/file/journalFile';
import { type Problem, readBatches } from '../../journal/file/readJournal';
import { problemWarner } from '../problemWarnings';
import { writtenAt } from './happenedAt';

/** The journal of an app, and how far it has been read. */
export interface EventSource {
  readonly app: AppName;
  readonly path: string;
  /** Called for damage when the reader comes to it. */
  readonly problem: (problem: Problem) => void;
  /** Called for each event that is read. */
  readonly onRead?: (() => void) | undefined;
  head: Head;
}

/** An event and its app. */
export interface AppEvent {
  readonly app: AppName;
  readonly recorded: Recorded;
}

/**
 * A source at the beginning of the journal of `builds`. `warn` is called once for each damaged part, however often it
 * is read.
 */
export function eventSource(builds: AppBuilds, warn: Warn): EventSource {
  const { app, directory, onRead } = builds;
  return { app, path: join(directory, JOURNAL_FILE), problem: problemWarner(builds, warn), onRead, head: START };
}

/**
 * The events behind the heads of the sources that pass `passes`, merged by the time that `timeOf` gives (ms since the
 * epoch; default: when they were written). Within one app the order is that of the journal, even if the clock was set
 * back. Moves the heads. Holds one batch of each journal in memory. Throws `JournalNotReadable`.
 */
export function* mergedEvents(
  sources: readonly EventSource[],
  passes: (recorded: Recorded) => boolean,
  timeOf: (recorded: Recorded) => number = writtenAt,
): Generator<AppEvent, undefined, undefined> {
  const queue: Next[] = [];
  const enqueue = (reader: Reader): void => {
    const next = advance(reader, timeOf);
    if (next !== undefined) queue.splice(placeFor(queue, next.time), 0, next);
  };
  for (const source of sources) enqueue({ app: source.app, events: eventsBehind(source, passes), time: 0 });
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    yield { app: next.reader.app, recorded: next.recorded };
    enqueue(next.reader);
  }
}

interface Reader {
  readonly app: AppName;
  readonly events: Generator<Recorded, undefined, undefined>;
  /** ms since the epoch; never runs backwards, as the clock of a host may. */
  time: number;
}

interface Next {
  readonly reader: Reader;
  readonly recorded: Recorded;
  readonly time: number;
}

function advance(reader: Reader, timeOf: (recorded: Recorded) => number): Next | undefined {
  const next = reader.events.next();
  if (next.done === true) return undefined;
  reader.time = Math.max(reader.time, timeOf(next.value));
  return { reader, recorded: next.value, time: reader.time };
}

/** The index for an entry in a queue with the latest first. Entries of the same time keep their order. */
function placeFor(queue: readonly Next[], time: number): number {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((queue[middle]?.time ?? 0) > time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function* eventsBehind(
  source: EventSource,
  passes: (recorded: Recorded) => boolean,
): Generator<Recorded, undefined, undefined> {
  const journal = openJournal(source.path);
  if (journal === undefined) return;
  let open = true;
  const close = (): void => {
    if (open) closeJournal(journal);
    open = false;
  };
  try {
    const scan = scanBehind(journal, source);
    let next = scan.next();
    while (next.done !== true) {
      const batch = next.value.filter(passes);
      next = scan.next();
      if (next.done === true) close(); // a host has more apps than a process may have open files
      yield* batch;
    }
  } finally {
    close();
  }
}

function* scanBehind(journal: Journal, source: EventSource): Generator<readonly Recorded[], undefined, undefined> {
  const batches = readBatches(journal, source.head);
  let next = batches.next();
  for (; next.done !== true; next = batches.next()) {
    const recorded: Recorded[] = [];
    for (const finding of next.value) {
      if (finding.type === 'event') {
        recorded.push(finding.recorded);
        source.onRead?.();
      }
      if (finding.type !== 'event' && finding.type !== 'frame') source.problem(finding);
    }
    yield recorded;
  }
  const { head, diverged } = next.value;
  source.head = diverged ? START : head;
}
