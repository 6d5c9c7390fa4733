import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';
import { ulid } from 'ulid';

import { encodeEnvelope } from '../../../journal/file/format/envelope';
import { decode, encode } from '../../../journal/file/format/codec';
import { type BuildEvent, type Recorded, SCHEMA_VERSION } from '../../../journal/events';
import { findFrames, type Frame } from '../../../journal/file/findFrames';
import { encodeFrame, HEADER_BYTES } from '../../../journal/file/format/frame';
import { appendEvent } from '../../../journal/file/appendEvent';
import {
  closeJournal,
  digestOf,
  type Head,
  type Journal,
  JOURNAL_FILE,
  openJournalForAppend,
  START,
} from '../../../journal/file/journalFile';
import { type Problem, readJournal, type Reading } from '../../../journal/file/readJournal';
import { temporaryDirectory } from '../../temporaryHost';
import { minute } from '../buildEvents';

/** A journal in a directory of its own; both are gone when the test has ended. */
export function temporaryJournal(t: ExecutionContext): Journal {
  const journal = openJournalForAppend(join(temporaryDirectory(t), JOURNAL_FILE));
  t.teardown(() => closeJournal(journal));
  return journal;
}

/**
 * Appends `events`, one by one, at the end of what is there; returns them as they were recorded, and the position
 * behind.
 */
export function appendAll(journal: Journal, events: readonly BuildEvent[]): { head: Head; recorded: Recorded[] } {
  const recorded: Recorded[] = [];
  let { head } = readAll(journal);
  for (const event of events) {
    const appended = appendEvent(journal, head, event, minute(recorded.length), Math.random);
    if (appended.own === undefined) throw new Error(`${event.type} was not appended`);
    recorded.push(appended.own);
    ({ head } = appended);
  }
  return { head, recorded };
}

/** Leaves the void frame of a writer who has read up to `head` when another one comes in right before its write. */
export function appendVoid(journal: Journal, head: Head, event: BuildEvent, at: number): void {
  const recorded: Recorded = { seq: head.seq + 1, id: ulid(at), at, schema: SCHEMA_VERSION, event };
  const link = { previousCrc: head.crc, readTo: head.end, digest: digestOf(journal, head.readTo, head.end) };
  writeSync(journal.fd, encodeFrame(encodeEnvelope(recorded, link)));
}

/** What a reader is shown, from `from` on. */
export interface ReadBack extends Reading {
  readonly events: Recorded[];
  readonly problems: Problem[];
}

export function readAll(journal: Journal, from: Head = START): ReadBack {
  const events: Recorded[] = [];
  const problems: Problem[] = [];
  const reading = readJournal(journal, from, {
    event: (recorded) => events.push(recorded),
    problem: (problem) => problems.push(problem),
  });
  return { ...reading, events, problems };
}

/** Every intact frame of the file, void ones too. */
export function framesOf(path: string): Frame[] {
  return findFrames(readFileSync(path), 0, true).pieces.filter((piece) => piece.type === 'frame');
}

/** Puts other frames, or bytes that are none, into the file. */
export function rewrite(path: string, edit: (frames: Buffer[]) => Uint8Array[]): void {
  const bytes = readFileSync(path);
  const frames = framesOf(path).map(({ start, end }) => Buffer.from(bytes.subarray(start, end)));
  writeFileSync(path, Buffer.concat(edit(frames)));
}

/** The frame as someone leaves it who edits the fields of its event and knows how to compute a CRC. */
export function forge(frame: Buffer, edit: (fields: unknown[]) => unknown[]): Buffer {
  return encodeFrame(encode(edit(decode(frame.subarray(HEADER_BYTES)) as unknown[])));
}
