import fs from 'node:fs';

import { reasonOf } from '../../host/failure';
import { JournalNotWritten } from '../errors';
import type { BuildEvent, Recorded } from '../events';
import { digestOf, type Head, type Journal, MAX_JOURNAL, readAt } from './journalFile';
import { nextFrame } from './nextFrame';
import { type Reading, readJournal } from './readJournal';

/**
 * The result of an append: its event if that counts, the position reached, and all events since the old position,
 * including its own.
 */
export interface Appended extends Reading {
  readonly own: Recorded | undefined;
  readonly since: readonly Recorded[];
}

/** Appends stop that much below the limit, so that writers who race do not exceed it. */
const RESERVE_BYTES = 1024 * 1024;

/**
 * Appends `event` as number `head.seq + 1`, with one write. The append is the lock: the first frame in the file with
 * that number counts. A writer whose frame does not count reads the events that do, and decides again; its frame stays
 * in the file, and is void. Not durable before `syncJournal`. Throws {@link JournalNotWritten}; readers skip the
 * remains of a write that was cut off.
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
  const digest = digestOf(journal, head.readTo, head.end);
  const { recorded, frame, head: after } = nextFrame(journal.path, head, digest, event, at, random);
  if (isLongerThan(journal, head.end)) {
    const lost = readSince(journal, head); // before the write: a race that is lost already leaves no void frame
    if (lost.since.length > 0 || lost.diverged) return { own: undefined, ...lost };
  }
  writeWhole(journal, frame);
  if (!isLongerThan(journal, after.end)) return { own: recorded, head: after, since: [recorded], diverged: false };
  const read = readSince(journal, head);
  return { own: read.since.find((one) => one.id === recorded.id), ...read };
}

const oneByte = Buffer.allocUnsafe(1);

/** Reads one byte behind them, which takes half as long as asking for the size. */
function isLongerThan(journal: Journal, bytes: number): boolean {
  return readAt(journal, oneByte, 0, bytes) > 0;
}

function readSince(journal: Journal, head: Head): Omit<Appended, 'own'> {
  const since: Recorded[] = [];
  const reading = readJournal(journal, head, { event: (one) => since.push(one), problem: () => undefined });
  return { since, ...reading };
}

/**
 * A frame goes out in one write. If the disk takes only a part, that part stays as debris, and the second try fails
 * with the reason.
 */
function writeWhole(journal: Journal, frame: Buffer): void {
  try {
    if (fs.writeSync(journal.fd, frame) === frame.length) return;
    if (fs.writeSync(journal.fd, frame) === frame.length) return;
  } catch (error) {
    throw new JournalNotWritten(journal.path, reasonOf(error));
  }
  throw new JournalNotWritten(journal.path, 'the disk took only a part of it');
}
