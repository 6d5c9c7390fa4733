import * as fs from 'node:fs';
import { dirname } from 'node:path';

import { ulid } from 'ulid';

import { errorCode, reasonOf } from '../host/failure';
import { ownLikeParent } from '../host/files';
import { random } from '../host/random';
import { decodeEnvelope, encodeEnvelope, type Envelope } from './envelope';
import { JournalNotReadable, JournalNotWritten } from './errors';
import { type BuildEvent, type Recorded, SCHEMA_VERSION } from './events';
import { encodeFrame, type Frame, frameCrc, HEADER_BYTES, scanFrames, tornLength } from './frame';
import { sha256 } from './sha256';

/** Name of the journal in an app's directory. */
export const JOURNAL_FILE = 'events.journal';

/** A position: behind the last event that counts, and how to go on from there. */
export interface Head {
  /** Number of the last event; 0 before the first. */
  readonly seq: number;
  /** Offset and CRC-32 of its frame. */
  readonly start: number;
  readonly crc: number;
  /** The `readTo` of its link: where the next event's digest begins. */
  readonly readTo: number;
  /** Offset behind the last intact frame: where reading goes on. */
  readonly end: number;
}

/** Before the first event. */
export const START: Head = { seq: 0, start: 0, crc: 0, readTo: 0, end: 0 };

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

export interface Journal {
  readonly path: string;
  readonly fd: number;
}

/** What reading came to. */
export interface Reading {
  readonly head: Head;
  /** The first event behind the given head was not built on it: that head is not of this file, read from the start. */
  readonly diverged: boolean;
}

/** The journal at `path` for reading; undefined when there is none. Throws {@link JournalNotReadable}. */
export function openJournal(path: string): Journal | undefined {
  try {
    return opened(path, fs.constants.O_RDONLY);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new JournalNotReadable(path, reasonOf(error));
  }
}

/** The journal at `path` for appending, made (mode 0600) when there is none. Throws {@link JournalNotWritten}. */
export function openJournalForAppend(path: string): Journal {
  try {
    const journal = opened(path, fs.constants.O_RDWR | fs.constants.O_APPEND | fs.constants.O_CREAT);
    if (fs.fstatSync(journal.fd).size === 0) {
      ownLikeParent(journal.fd, dirname(path));
      syncDirectory(dirname(path));
    }
    return journal;
  } catch (error) {
    throw new JournalNotWritten(path, reasonOf(error));
  }
}

function opened(path: string, flags: number): Journal {
  const fd = fs.openSync(path, flags | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK, 0o600);
  if (fs.fstatSync(fd).isFile()) return { path, fd };
  fs.closeSync(fd);
  throw new Error('it is not a regular file');
}

export function closeJournal(journal: Journal): void {
  fs.closeSync(journal.fd);
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

function readAt(journal: Journal, into: Buffer, at: number, position: number): number {
  try {
    return fs.readSync(journal.fd, into, at, into.length - at, position);
  } catch (error) {
    throw new JournalNotReadable(journal.path, reasonOf(error));
  }
}

/** What an append came to: its event if that counts, where the journal is now, and every event since, the own one included. */
export interface Appended extends Reading {
  readonly own: Recorded | undefined;
  readonly since: readonly Recorded[];
}

/**
 * Appends `event` as number `head.seq + 1`, with one write. The append is the lock: whoever stands first in the file with that
 * number has won, and who has lost is told what happened meanwhile, to decide again. Void frames stay where they are.
 * Not durable before {@link syncJournal}. Throws {@link JournalNotWritten}; a torn frame is passed over by every reader.
 */
export function appendEvent(journal: Journal, head: Head, event: BuildEvent, at: number): Appended {
  const recorded: Recorded = { seq: head.seq + 1, id: ulid(at, random), at, schema: SCHEMA_VERSION, event };
  const link = { previousCrc: head.crc, readTo: head.end, digest: digestOf(journal, head.readTo, head.end) };
  const frame = encodeFrame(encodeEnvelope(recorded, link));
  writeWhole(journal, frame);
  if (fs.fstatSync(journal.fd).size === head.end + frame.length) {
    const { end: start } = head;
    const after = { seq: recorded.seq, start, crc: frameCrc(frame) ?? 0, readTo: start, end: start + frame.length };
    return { own: recorded, head: after, since: [recorded], diverged: false };
  }
  const since: Recorded[] = [];
  const reading = readJournal(journal, head, { event: (one) => since.push(one), problem: () => undefined });
  return { own: since.find((one) => one.id === recorded.id), since, ...reading };
}

/** A frame goes out in one write; where the disk takes only a part, that is debris, and the next try says why. */
function writeWhole(journal: Journal, frame: Buffer): void {
  try {
    if (fs.writeSync(journal.fd, frame) === frame.length) return;
    if (fs.writeSync(journal.fd, frame) === frame.length) return;
  } catch (error) {
    throw new JournalNotWritten(journal.path, reasonOf(error));
  }
  throw new JournalNotWritten(journal.path, 'the disk took only a part of it');
}

/** Whether `head`, taken from somewhere else, is a place in this journal: the frame of its last event is where it says. */
export function isHeadOf(journal: Journal, head: Head): boolean {
  if (head.seq === 0) return true;
  if (fs.fstatSync(journal.fd).size < head.end) return false;
  return frameCrcAt(journal, head.start) === head.crc;
}

function frameCrcAt(journal: Journal, start: number): number | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  return readAt(journal, header, 0, start) === HEADER_BYTES ? frameCrc(header) : undefined;
}

/** SHA-256 over the bytes `from` up to `to` of the file. */
export function digestOf(journal: Journal, from: number, to: number): Uint8Array {
  return sha256(to - from, chunksOf(journal, from, to));
}

/** The bytes `from` up to `to` of the file; fewer when it ends before. */
function* chunksOf(journal: Journal, from: number, to: number): Generator<Uint8Array, undefined, undefined> {
  for (let at = from; at < to;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - at));
    const count = readAt(journal, chunk, 0, at);
    if (count === 0) return;
    yield chunk.subarray(0, count);
    at += count;
  }
}

/** Everything appended so far is on disk when this returns. Throws {@link JournalNotWritten}. */
export function syncJournal(journal: Journal): void {
  try {
    fs.fdatasyncSync(journal.fd);
  } catch (error) {
    throw new JournalNotWritten(journal.path, reasonOf(error));
  }
}

function syncDirectory(path: string): void {
  const fd = fs.openSync(path, fs.constants.O_RDONLY);
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
