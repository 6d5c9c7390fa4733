import { fstatSync } from 'node:fs';

import type { Recorded } from '../events';
import type { Envelope } from './format/envelope';
import { findFrames, type Frame } from './findFrames';
import { type Finding, finish, type Problem, readerAt, readPiece } from './follow';
import { type Head, type Journal, readAt } from './journalFile';

export type { Damaged, Finding, Problem } from './follow';

/** Where what is read goes, in file order. */
export interface Sink {
  event(recorded: Recorded): void;
  problem(problem: Problem): void;
  /**
   * Every frame of an event, whether it `counts` or is void; for verification. The frame's bytes are valid until this
   * returns.
   */
  frame?(envelope: Envelope, frame: Frame, counts: boolean): void;
}

/** What reading came to. */
export interface Reading {
  readonly head: Head;
  /** The first event behind the given head was not built on it: that head is not of this file, read from the start. */
  readonly diverged: boolean;
}

const CHUNK_BYTES = 64 * 1024;

/**
 * Reads what the journal holds behind `from` into `sink`. Memory does not grow with the file. Throws
 * `JournalNotReadable`.
 */
export function readJournal(journal: Journal, from: Head, sink: Sink): Reading {
  const batches = readBatches(journal, from);
  for (;;) {
    const next = batches.next();
    if (next.done === true) return next.value;
    for (const finding of next.value) {
      if (finding.type === 'event') sink.event(finding.recorded);
      else if (finding.type === 'frame') sink.frame?.(finding.envelope, finding.frame, finding.counts);
      else sink.problem(finding);
    }
  }
}

/**
 * The same, a batch of findings at a time; for reading several journals at once. Frames are valid until the next
 * batch.
 */
export function* readBatches(journal: Journal, from: Head): Generator<readonly Finding[], Reading, undefined> {
  let reader = readerAt(from);
  let buffer: Buffer = Buffer.alloc(0);
  let kept = 0; // bytes at the beginning of the buffer that are searched once more
  let position = from.end; // of the buffer's first byte in the file
  for (let atEnd = fstatSync(journal.fd).size === from.end; !atEnd && !reader.diverged;) {
    const unread = Math.max(fstatSync(journal.fd).size - position - kept, 0);
    buffer = withRoom(buffer, kept, Math.min(unread + 1, CHUNK_BYTES));
    const count = readAt(journal, buffer, kept, position + kept);
    atEnd = count === 0;
    const found = findFrames(buffer.subarray(0, kept + count), position, atEnd);
    const findings: Finding[] = [];
    for (const piece of found.pieces) {
      const step = readPiece(reader, piece);
      reader = step.reader;
      findings.push(...step.findings);
    }
    if (findings.length > 0) yield findings;
    position += found.done;
    buffer.copyWithin(0, found.done, kept + count);
    kept += count - found.done;
  }
  const { reader: done, findings } = finish(reader);
  if (findings.length > 0) yield findings;
  return { head: done.head, diverged: done.diverged };
}

/** `buffer`, or a larger one that begins with the same `kept` bytes, with room for `room` more. */
function withRoom(buffer: Buffer, kept: number, room: number): Buffer {
  if (buffer.length >= kept + room) return buffer;
  const larger = Buffer.allocUnsafe(kept + room);
  buffer.copy(larger, 0, 0, kept);
  return larger;
}
