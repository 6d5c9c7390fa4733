import * as fs from 'node:fs';

import { decodeEnvelope, type Envelope } from './envelope';
import type { Recorded } from '../events';
import { type Frame, HEADER_BYTES, scanFrames, tornLength } from './frame';
import { type Head, type Journal, readAt } from './journalFile';

/** Bytes that are no frame. */
export interface Damaged {
  readonly type: 'damage';
  readonly start: number;
  readonly end: number;
  /** They are the end of the file: they may be a write that goes on right now. */
  readonly tail: boolean;
  /** They begin as a frame and end before it would: a write that was cut off, and never acknowledged. */
  readonly torn: boolean;
}

/** Something in the file that is not as it was written. Offsets in bytes. */
export type Problem =
  | Damaged
  /** Events `from` to `to` are not there. */
  | { readonly type: 'gap'; readonly from: number; readonly to: number; readonly start: number }
  /** The event after it was built on another one: this one was edited, or lost a race against one that is damaged now. */
  | { readonly type: 'disputed'; readonly seq: number; readonly start: number }
  /** Intact, but of a newer program. */
  | { readonly type: 'unknown'; readonly seq: number; readonly start: number };

/** Where what is read goes, in file order. */
export interface Sink {
  event(recorded: Recorded): void;
  problem(problem: Problem): void;
  /** Every intact frame of an event as it is met, whether it `counts` or is void; for verification. */
  frame?(envelope: Envelope, frame: Frame, counts: boolean): void;
}

/** What reading came to. */
export interface Reading {
  readonly head: Head;
  /** The first event behind the given head was not built on it: that head is not of this file, read from the start. */
  readonly diverged: boolean;
}

const CHUNK_BYTES = 64 * 1024;

/** Reads what counts behind `from` into `sink`, by the rules of {@link scanJournal}. */
export function readJournal(journal: Journal, from: Head, sink: Sink): Reading {
  const scan = scanJournal(journal, from, sink);
  for (;;) {
    const next = scan.next();
    if (next.done === true) return next.value;
    for (const recorded of next.value) sink.event(recorded);
  }
}

/**
 * Reads what counts behind `from`, a batch of events at a time; for who reads several journals at once. The rules, all local to
 * the file: a frame that is not intact is passed over; of the frames with one number the first counts, the others lost their race
 * and are void; an event whose successor names another CRC as its predecessor's does not count after all (hence each event is
 * handed on only when the next one is known). Memory does not grow with the file.
 */
export function* scanJournal(
  journal: Journal,
  from: Head,
  watcher: Omit<Sink, 'event'>,
): Generator<readonly Recorded[], Reading, undefined> {
  if (fs.fstatSync(journal.fd).size === from.end) return { head: from, diverged: false };
  let { seq, start, crc, readTo, end } = from;
  let batch: Recorded[] = [];
  let pending: { recorded: Recorded | undefined } | undefined;
  let diverged = false as boolean; // set in a callback, which the compiler does not see
  let damage: { start: number; end: number } | undefined;

  const handOn = (): void => {
    if (pending?.recorded) batch.push(pending.recorded);
    else if (pending) watcher.problem({ type: 'unknown', seq, start });
    pending = undefined;
  };
  const endDamage = (tail: boolean): void => {
    if (damage) watcher.problem({ type: 'damage', ...damage, tail, torn: isTorn(journal, damage) });
    damage = undefined;
  };
  const onFrame = (frame: Frame): void => {
    if (diverged) return;
    endDamage(false);
    const envelope = decodeEnvelope(frame.payload);
    if (envelope === undefined) {
      watcher.problem({ type: 'damage', start: frame.start, end: frame.end, tail: false, torn: false });
    } else if (envelope.seq > seq) {
      const follows = envelope.seq === seq + 1;
      if (follows && envelope.link.previousCrc !== crc) {
        if (pending === undefined && seq > 0) {
          diverged = true;
          return;
        }
        if (pending) watcher.problem({ type: 'disputed', seq, start });
        pending = undefined;
      }
      handOn();
      if (!follows) watcher.problem({ type: 'gap', from: seq + 1, to: envelope.seq - 1, start: frame.start });
      pending = { recorded: envelope.recorded };
      ({ seq } = envelope);
      ({ start, crc } = frame);
      ({ readTo } = envelope.link);
      watcher.frame?.(envelope, frame, true);
    } else {
      watcher.frame?.(envelope, frame, false);
    }
    ({ end } = frame);
  };

  // One buffer for the whole file: what is not done with moves to its front. Nothing of what is handed on looks into it.
  let buffer: Buffer = Buffer.alloc(0);
  let kept = 0;
  let offset = from.end;
  for (;;) {
    const unread = Math.max(fs.fstatSync(journal.fd).size - offset - kept, 0);
    buffer = withRoom(buffer, kept, Math.min(unread + 1, CHUNK_BYTES));
    const count = readAt(journal, buffer, kept, offset + kept);
    const bytes = buffer.subarray(0, kept + count);
    const done = scanFrames(bytes, offset, count === 0, onFrame, (some) => {
      damage = { start: damage?.start ?? some.start, end: some.end };
    });
    if (count === 0 || diverged) break;
    offset += done;
    kept = bytes.length - done;
    buffer.copyWithin(0, done, bytes.length);
    if (batch.length > 0) yield batch;
    batch = [];
  }
  endDamage(true);
  handOn();
  if (batch.length > 0 && !diverged) yield batch;
  return { head: { seq, start, crc, readTo, end }, diverged };
}

/** `buffer`, or a larger one that begins with the same `kept` bytes, with room for `room` more. */
function withRoom(buffer: Buffer, kept: number, room: number): Buffer {
  if (buffer.length >= kept + room) return buffer;
  const larger = Buffer.allocUnsafe(kept + room);
  buffer.copy(larger, 0, 0, kept);
  return larger;
}

function isTorn(journal: Journal, { start, end }: { readonly start: number; readonly end: number }): boolean {
  const header = Buffer.alloc(Math.min(HEADER_BYTES, end - start));
  readAt(journal, header, 0, start);
  const claimed = tornLength(header);
  return claimed !== undefined && claimed > end - start;
}
