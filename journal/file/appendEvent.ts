import fs from 'node:fs';

import type * as ulids from 'ulid';

import { reasonOf } from '../../host/failure';
import { JournalNotWritten } from '../errors';
import { type BuildEvent, type Recorded, SCHEMA_VERSION } from '../events';
import { encodeEnvelope } from './envelope';
import { encodeFrame, readHeader } from './frame';
import { digestOf, type Head, type Journal, MAX_JOURNAL, readAt } from './journalFile';
import { parseEvent } from './parseEvent';
import { type Reading, readJournal } from './readJournal';

/**
 * What an append came to: its event if that counts, where the journal is now, and every event since, the own one
 * included.
 */
export interface Appended extends Reading {
  readonly own: Recorded | undefined;
  readonly since: readonly Recorded[];
}

/** Appends stop that much below the limit, so that writers who race do not exceed it. */
const RESERVE_BYTES = 1024 * 1024;

/**
 * Appends `event` as number `head.seq + 1`, with one write. The append is the lock: the first frame in the file with
 * that number counts. A writer whose frame does not count reads the events that do, to decide again; its frame stays
 * in the file, and is void. Not durable before `syncJournal`. Throws {@link JournalNotWritten}; readers pass over what
 * a write left that was cut off.
 *
 * `at` is ms since the epoch, and an earlier time counts as 0. `random` gives fractions from 0 to below 1, for the
 * event's id.
 */
export function appendEvent(
  journal: Journal,
  head: Head,
  event: BuildEvent,
  at: number,
  random: () => number,
): Appended {
  if (head.end > MAX_JOURNAL - RESERVE_BYTES)
    throw new JournalNotWritten(journal.path, 'it has reached its largest size');
  const recorded = newRecorded(journal.path, head.seq + 1, event, at, random);
  const link = { previousCrc: head.crc, readTo: head.end, digest: digestOf(journal, head.readTo, head.end) };
  const frame = encodeFrame(encodeEnvelope(recorded, link));
  if (isLongerThan(journal, head.end)) {
    const lost = readSince(journal, head); // before the write: a race that is lost already leaves no void frame
    if (lost.since.length > 0 || lost.diverged) return { own: undefined, ...lost };
  }
  writeWhole(journal, frame);
  if (!isLongerThan(journal, head.end + frame.length)) {
    const { end: start } = head;
    const crc = readHeader(frame)?.crc ?? 0;
    const after = { seq: recorded.seq, start, crc, readTo: start, end: start + frame.length };
    return { own: recorded, head: after, since: [recorded], diverged: false };
  }
  const read = readSince(journal, head);
  return { own: read.since.find((one) => one.id === recorded.id), ...read };
}

/**
 * `event` as every reader will find it under the number `seq`. Throws {@link JournalNotWritten} for one that readers
 * would pass over. `path` is that of the journal.
 */
export function newRecorded(path: string, seq: number, event: BuildEvent, at: number, random: () => number): Recorded {
  const { type, ...data } = event;
  const parsed = parseEvent(type, data);
  if (parsed instanceof Error) throw new JournalNotWritten(path, `no reader knows this event: ${parsed.message}`);
  const time = Math.max(0, Math.trunc(at));
  const id = newUlid(Math.min(Math.max(1, time), LAST_ULID_TIME), random); // it takes 0 for no time
  return { seq, id, at: time, schema: SCHEMA_VERSION, event: parsed };
}

let loadedUlid: typeof ulids | undefined;

/** The package loads node:crypto, which only calls that append need. */
function newUlid(at: number, random: () => number): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  loadedUlid ??= require('ulid') as typeof ulids;
  return loadedUlid.ulid(at, random);
}

/** In the year 10889. */
const LAST_ULID_TIME = 2 ** 48 - 1;

const oneByte = Buffer.allocUnsafe(1);

/** Asks for a byte behind those, which takes half as long as asking for the size. */
function isLongerThan(journal: Journal, bytes: number): boolean {
  return readAt(journal, oneByte, 0, bytes) > 0;
}

function readSince(journal: Journal, head: Head): Omit<Appended, 'own'> {
  const since: Recorded[] = [];
  const reading = readJournal(journal, head, { event: (one) => since.push(one), problem: () => undefined });
  return { since, ...reading };
}

/** A frame goes out in one write. If the disk takes only a part, that stays as debris, and the second try says why. */
function writeWhole(journal: Journal, frame: Buffer): void {
  try {
    if (fs.writeSync(journal.fd, frame) === frame.length) return;
    if (fs.writeSync(journal.fd, frame) === frame.length) return;
  } catch (error) {
    throw new JournalNotWritten(journal.path, reasonOf(error));
  }
  throw new JournalNotWritten(journal.path, 'the disk took only a part of it');
}
