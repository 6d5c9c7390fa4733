import { closeJournal, type Head, openJournal, START } from './journalFile';
import type { Recorded } from '../events';
import { type Problem, readBatches } from './readJournal';

/** Where the events of the first reading go, in file order. */
export interface FirstReading {
  event(recorded: Recorded): void;
  problem(problem: Problem): void;
}

const STEP_BYTES = 1024 * 1024;

/**
 * The events of the journal at `path`, the last one first, as often as they are iterated over; none if there is no
 * journal. The first time, the journal is read from its beginning, because that decides which frames count; `first`
 * gets what is found there. Memory: the events of `step` bytes, and a place for each `step` bytes of the file.
 * Iterating throws `JournalNotReadable`.
 */
export function eventsBackwards(path: string, first: FirstReading, step = STEP_BYTES): Iterable<Recorded> {
  let places: readonly Head[] | undefined;
  return {
    *[Symbol.iterator]() {
      const journal = openJournal(path);
      if (journal === undefined) return;
      try {
        places ??= findPlaces(readBatches(journal, START), first, step);
        for (const [n, place] of [...places.entries()].reverse())
          yield* eventsBetween(readBatches(journal, place), places[n + 1]).reverse();
      } finally {
        closeJournal(journal);
      }
    },
  };
}

type Batches = ReturnType<typeof readBatches>;

/** Places to begin at, in file order. Each is behind an event that counts for sure, since its successor was read. */
function findPlaces(batches: Batches, first: FirstReading, step: number): Head[] {
  const places: Head[] = [START];
  let last = START;
  for (const findings of batches) {
    for (const finding of findings) {
      if (finding.type === 'event') {
        first.event(finding.recorded);
        const isLast = finding.recorded.seq === last.seq;
        if (isLast && last.end - (places.at(-1) ?? START).end >= step) places.push(last);
      } else if (finding.type === 'frame') {
        const { seq, link } = finding.envelope;
        const { start, end, crc } = finding.frame;
        if (finding.counts) last = { seq, start, end, crc, readTo: link.readTo };
      } else {
        first.problem(finding);
      }
    }
  }
  return places;
}

/** The events up to that of the place `to`; all if it is undefined. */
function eventsBetween(batches: Batches, to: Head | undefined): Recorded[] {
  const lastSeq = to?.seq ?? Number.POSITIVE_INFINITY;
  const events: Recorded[] = [];
  for (const findings of batches) {
    for (const finding of findings)
      if (finding.type === 'event' && finding.recorded.seq <= lastSeq) events.push(finding.recorded);
    if (events.at(-1)?.seq === lastSeq) break;
  }
  return events;
}
