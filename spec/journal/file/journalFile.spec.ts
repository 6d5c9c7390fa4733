import { copyFileSync, readFileSync, statSync, truncateSync } from 'node:fs';

import test from 'ava';

import { decode, encode } from '../../../journal/file/format/codec';
import { encodeFrame } from '../../../journal/file/format/frame';
import { SCHEMA_VERSION } from '../../../journal/events';
import { appendEvent } from '../../../journal/file/appendEvent';
import {
  closeJournal,
  isHeadOf,
  openJournal,
  openJournalForAppend,
  START,
  syncJournal,
} from '../../../journal/file/journalFile';
import { readJournal } from '../../../journal/file/readJournal';
import { canceled, discarded, finished, minute, pruned, started } from '../buildEvents';
import { appendAll, appendVoid, framesOf, readAll, rewrite, temporaryJournal } from './temporaryJournal';

const day = [started('b1'), finished('b1'), started('b2'), canceled('b2'), started('b3'), pruned('b1')];

test('what was appended is read, in order, numbered from 1, and nothing is wrong with it', (t) => {
  const journal = temporaryJournal(t);
  const { head, recorded } = appendAll(journal, day);
  syncJournal(journal);
  const read = readAll(journal);
  t.deepEqual(read, { events: recorded, problems: [], head, diverged: false });
  t.deepEqual(
    read.events.map(({ event }) => event),
    day,
  );
  t.deepEqual(
    read.events.map(({ seq, at }) => ({ seq, at })),
    day.map((_, n) => ({ seq: n + 1, at: minute(n) })),
  );
  t.is(new Set(read.events.map(({ id }) => id)).size, day.length);
  t.true(read.events.every(({ id }) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id)));
});

test('an empty journal holds nothing', (t) => {
  t.deepEqual(readAll(temporaryJournal(t)), { events: [], problems: [], head: START, diverged: false });
});

test('no byte that was written is ever changed', (t) => {
  const journal = temporaryJournal(t);
  let before = Buffer.alloc(0);
  for (const event of day) {
    appendAll(journal, [event]);
    const now = readFileSync(journal.path);
    t.true(now.length > before.length);
    t.deepEqual(now.subarray(0, before.length), before);
    before = now;
  }
});

test('reading goes on from any head as if it had begun at the start', (t) => {
  const journal = temporaryJournal(t);
  let { head } = appendAll(journal, []);
  for (const [n, event] of day.entries()) {
    const behind = appendAll(journal, [event]);
    t.deepEqual(readAll(journal, head).events, behind.recorded);
    ({ head } = behind);
    t.is(head.seq, n + 1);
    t.true(isHeadOf(journal, head));
    t.deepEqual(readAll(journal, head), { events: [], problems: [], head, diverged: false });
  }
});

test('the second writer of a number has lost the race, and gets the events that it missed', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, [started('b1')]);
  const second = openJournalForAppend(journal.path);
  t.teardown(() => closeJournal(second));
  const won = appendEvent(journal, head, finished('b1'), minute(1), Math.random);
  const lost = appendEvent(second, head, canceled('b1'), minute(1), Math.random);
  t.is(won.own?.seq, 2);
  t.deepEqual(won.since, [won.own]);
  t.is(lost.own, undefined);
  t.deepEqual(lost.since, [won.own]);
  t.like(lost.head, { seq: 2, start: won.head.start, crc: won.head.crc });
  const again = appendEvent(second, lost.head, pruned('b1'), minute(2), Math.random);
  t.is(again.own?.seq, 3);
  t.is(framesOf(journal.path).length, 3, 'who had lost before he wrote has written nothing');
});

test('a lost race leaves a void frame, which no reader shows or reports', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, [started('b1')]);
  appendEvent(journal, head, finished('b1'), minute(1), Math.random);
  appendVoid(journal, head, canceled('b1'), minute(1));
  t.is(framesOf(journal.path).length, 3);
  const { events, problems } = readAll(journal);
  t.deepEqual(
    events.map(({ event }) => event),
    [started('b1'), finished('b1')],
  );
  t.deepEqual(problems, []);
});

test('a void frame that a writer has not read does not make it lose', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, [started('b1')]);
  const winner = appendEvent(journal, head, started('b2'), minute(1), Math.random);
  appendVoid(journal, head, started('b3'), minute(1));
  // has not read the void frame
  const third = appendEvent(journal, winner.head, started('b4'), minute(2), Math.random);
  t.is(third.own?.seq, 3);
  t.deepEqual(third.since, [third.own]);
  t.deepEqual(
    readAll(journal).events.map(({ event }) => event),
    [started('b1'), started('b2'), started('b4')],
  );
});

test('an event is written in one frame of one write, and what it is bound to is in it', (t) => {
  const journal = temporaryJournal(t);
  appendAll(journal, [started('b1')]);
  const size = statSync(journal.path).size;
  const { head } = appendAll(journal, [finished('b1')]);
  const [first, second] = framesOf(journal.path);
  t.deepEqual(second && { start: second.start, end: second.end }, { start: size, end: statSync(journal.path).size });
  const [schema, seq, previousCrc, readTo] = decode(second?.payload ?? Buffer.alloc(0)) as number[];
  t.deepEqual(
    { schema, seq, previousCrc, readTo },
    { schema: SCHEMA_VERSION, seq: 2, previousCrc: first?.crc, readTo: size },
  );
  t.like(head, { seq: 2, start: size, readTo: size, end: statSync(journal.path).size });
});

test('a head does not belong to a shorter or another journal', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, day);
  const other = temporaryJournal(t);
  appendAll(other, day);
  t.true(isHeadOf(journal, head));
  t.true(isHeadOf(journal, START));
  t.false(isHeadOf(other, head));
  truncateSync(journal.path, head.end - 1);
  t.false(isHeadOf(journal, head));
});

test('a journal that went on from an event other than the head has diverged', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, [started('b1')]);
  const other = temporaryJournal(t);
  appendAll(other, [started('b2'), finished('b2')]);
  const read = readAll(other, head);
  t.true(read.diverged);
  t.deepEqual(read.events, []);
});

test('an append to a journal that has diverged says so, and its event does not count', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, [started('b1')]);
  const other = temporaryJournal(t);
  appendAll(other, [started('b2'), finished('b2')]);
  copyFileSync(other.path, journal.path);
  const appended = appendEvent(journal, head, finished('b1'), minute(3), Math.random);
  t.true(appended.diverged);
  t.is(appended.own, undefined);
  t.is(readAll(journal).events.length, 2);
});

test('reading goes on behind frames that are longer than a chunk, and across chunks', (t) => {
  const journal = temporaryJournal(t);
  const long = Array.from({ length: 250 }, (_, n) => `${String(n).padStart(3, '0')}${'x'.repeat(120)}`);
  const events = Array.from({ length: 40 }, () => [started('b1'), pruned(...long), finished('b1')]).flat();
  const { recorded } = appendAll(journal, events);
  t.true(statSync(journal.path).size > 4 * 256 * 1024);
  t.deepEqual(readAll(journal).events, recorded);
});

test('an event that no frame can hold is refused, and nothing is written', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, [started('b1')]);
  const tooMany = Array.from({ length: 1000 }, (_, n) => `${n}${'x'.repeat(100)}`);
  t.throws(() => appendEvent(journal, head, pruned(...tooMany), minute(1), Math.random), { instanceOf: RangeError });
  t.is(statSync(journal.path).size, head.end);
});

test('an event of a newer program keeps its number, and is reported', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, [started('b1')]);
  const newer = encode([99, 2, head.crc, head.end, Buffer.alloc(32), 'in', 'another', 'shape']);
  rewrite(journal.path, (frames) => [...frames, encodeFrame(newer)]);
  const { problems, head: behind } = readAll(journal);
  t.deepEqual(problems, [{ type: 'unknown', seq: 2, start: head.end, reason: 'it has schema 99, of a newer version' }]);
  t.is(appendEvent(journal, behind, discarded('b1'), minute(1), Math.random).own?.seq, 3);
  t.deepEqual(
    readAll(journal).events.map(({ seq }) => seq),
    [1, 3],
  );
});

test('a reader sees what a writer appends to the file that it holds open', (t) => {
  const journal = temporaryJournal(t);
  const reader = openJournal(journal.path);
  if (reader === undefined) return t.fail();
  t.teardown(() => closeJournal(reader));
  const { recorded, head } = appendAll(journal, day);
  const seen: unknown[] = [];
  const sink = { event: (one: unknown) => seen.push(one), problem: () => t.fail() };
  t.deepEqual(readJournal(reader, START, sink).head, head);
  t.deepEqual(seen, recorded);
});
