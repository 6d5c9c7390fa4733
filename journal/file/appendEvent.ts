import * as fs from 'node:fs';

import { ulid } from 'ulid';

import { reasonOf } from '../../host/failure';
import { random } from '../../host/system/random';
import { encodeEnvelope } from './envelope';
import { JournalNotWritten } from '../errors';
import { type BuildEvent, type Recorded, SCHEMA_VERSION } from '../events';
import { encodeFrame, frameCrc } from './frame';
import { digestOf, type Head, type Journal, readAt } from './journalFile';
import { type Reading, readJournal } from './readJournal';

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
  if (isLongerThan(journal, head.end)) {
    const lost = readSince(journal, head); // before the write: what is lost already leaves no void frame
    if (lost.since.length > 0 || lost.diverged) return { own: undefined, ...lost };
  }
  writeWhole(journal, frame);
  if (!isLongerThan(journal, head.end + frame.length)) {
    const { end: start } = head;
    const after = { seq: recorded.seq, start, crc: frameCrc(frame) ?? 0, readTo: start, end: start + frame.length };
    return { own: recorded, head: after, since: [recorded], diverged: false };
  }
  const read = readSince(journal, head);
  return { own: read.since.find((one) => one.id === recorded.id), ...read };
}

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
