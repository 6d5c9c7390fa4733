import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';

import test from 'ava';

import { appendEvent } from '../../../journal/file/appendEvent';
import { type Problem } from '../../../journal/file/readJournal';
import { canceled, finished, minute, started } from '../buildEvents';
import { appendAll, appendVoid, forge, framesOf, readAll, rewrite, temporaryJournal } from './temporaryJournal';

const events = [started('b1'), finished('b1'), started('b2'), finished('b2')];

test('debris at the end is reported, and the next event is appended after it', (t) => {
  const journal = temporaryJournal(t);
  const { head, recorded } = appendAll(journal, events);
  appendFileSync(journal.path, 'debris');
  const read = readAll(journal);
  t.deepEqual(read.problems, [{ type: 'damage', start: head.end, end: head.end + 6, tail: true, cutOff: false }]);
  t.deepEqual(read.events, recorded);
  const { recorded: more } = appendAll(journal, [started('b3')]);
  const after = readAll(journal);
  t.deepEqual(after.events, [...recorded, ...more]);
  t.deepEqual(after.problems, [{ type: 'damage', start: head.end, end: head.end + 6, tail: false, cutOff: true }]);
});

test('an event whose frame is damaged is missing, the others are shown', (t) => {
  const journal = temporaryJournal(t);
  const { recorded } = appendAll(journal, events);
  const [, second, third] = framesOf(journal.path);
  const bytes = readFileSync(journal.path);
  bytes.writeUInt8(bytes.readUInt8((second?.end ?? 0) - 1) ^ 1, (second?.end ?? 0) - 1);
  writeFileSync(journal.path, bytes);
  const read = readAll(journal);
  t.deepEqual(
    read.events,
    recorded.filter(({ seq }) => seq !== 2),
  );
  t.deepEqual(read.problems, [
    { type: 'damage', start: second?.start ?? 0, end: second?.end ?? 0, tail: false, cutOff: false },
    { type: 'gap', from: 2, to: 2, start: third?.start ?? 0 },
  ]);
});

test('an event that was edited is not shown, though its CRC was computed again', (t) => {
  const journal = temporaryJournal(t);
  const { recorded } = appendAll(journal, events);
  const begin = framesOf(journal.path)[1]?.start ?? 0;
  rewrite(journal.path, (frames) =>
    replaced(frames, 1, (frame) =>
      forge(frame, (fields) => [...fields.slice(0, -1), { ...(fields.at(-1) as object), exitCode: 7 }]),
    ),
  );
  const read = readAll(journal);
  t.deepEqual(
    read.events,
    recorded.filter(({ seq }) => seq !== 2),
  );
  t.deepEqual(read.problems, [{ type: 'disputed', seq: 2, start: begin }]);
});

test('reading alone does not notice that the last event was overwritten by another', (t) => {
  // What verification with a pinned head is for: nothing behind the last event vouches for it.
  const journal = temporaryJournal(t);
  appendAll(journal, events);
  rewrite(journal.path, (frames) =>
    replaced(frames, 3, (frame) =>
      forge(frame, (fields) => [...fields.slice(0, -1), { ...(fields.at(-1) as object), exitCode: 7 }]),
    ),
  );
  t.is(readAll(journal).events.length, 4);
});

test('events that were removed are a gap', (t) => {
  const journal = temporaryJournal(t);
  const { recorded } = appendAll(journal, [...events, started('b3')]);
  rewrite(journal.path, (frames) => frames.filter((_, n) => n !== 1 && n !== 2));
  const { problems, events: shown } = readAll(journal);
  t.deepEqual(
    shown,
    recorded.filter(({ seq }) => seq !== 2 && seq !== 3),
  );
  t.deepEqual(problems, [{ type: 'gap', from: 2, to: 3, start: framesOf(journal.path)[1]?.start ?? 0 }]);
});

test('the first events are missed as well', (t) => {
  const journal = temporaryJournal(t);
  const { recorded } = appendAll(journal, events);
  rewrite(journal.path, (frames) => frames.slice(2));
  t.deepEqual(readAll(journal).events, recorded.slice(2));
  t.deepEqual(readAll(journal).problems, [{ type: 'gap', from: 1, to: 2, start: 0 }]);
});

test('of events that changed places, only those in sequence are shown', (t) => {
  const journal = temporaryJournal(t);
  const { recorded } = appendAll(journal, events);
  rewrite(journal.path, ([one, two, three, four]) => [one, three, two, four].filter((frame) => frame !== undefined));
  const { events: shown, problems } = readAll(journal);
  t.deepEqual(
    shown,
    recorded.filter(({ seq }) => seq !== 2),
  );
  t.deepEqual(typesOf(problems), ['gap']);
});

test('events that are in the file twice are shown once', (t) => {
  const journal = temporaryJournal(t);
  const { recorded } = appendAll(journal, events);
  rewrite(journal.path, (frames) => [...frames, ...frames]);
  t.deepEqual(readAll(journal).events, recorded);
});

test('an inserted event is not shown', (t) => {
  const journal = temporaryJournal(t);
  const { recorded } = appendAll(journal, events);
  rewrite(journal.path, (frames) =>
    frames.flatMap((frame, n) =>
      n === 1
        ? [forge(frame, (fields) => [...fields.slice(0, -1), { ...(fields.at(-1) as object), exitCode: 7 }]), frame]
        : [frame],
    ),
  );
  const { events: shown, problems } = readAll(journal);
  t.deepEqual(
    shown,
    recorded.filter(({ seq }) => seq !== 2),
  );
  t.deepEqual(typesOf(problems), ['disputed']);
});

test('an event that lost its race does not take the place of one that is damaged, once others follow', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, [started('b1')]);
  const won = appendEvent(journal, head, finished('b1'), minute(1), Math.random);
  appendVoid(journal, head, canceled('b1'), minute(1));
  appendAll(journal, [started('b2')]);
  const bytes = readFileSync(journal.path);
  bytes.writeUInt8(bytes.readUInt8(won.head.end - 1) ^ 0x80, won.head.end - 1);
  writeFileSync(journal.path, bytes);
  const { events: shown, problems } = readAll(journal);
  t.deepEqual(
    shown.map(({ event }) => event),
    [started('b1'), started('b2')],
  );
  t.deepEqual(typesOf(problems), ['damage', 'disputed']);
});

test('a journal that was cut goes on after its last whole event', (t) => {
  const journal = temporaryJournal(t);
  const { recorded } = appendAll(journal, events);
  truncateSync(journal.path, (framesOf(journal.path)[3]?.end ?? 0) - 5);
  const { recorded: more } = appendAll(journal, [canceled('b2')]);
  t.is(more[0]?.seq, 4);
  const read = readAll(journal);
  t.deepEqual(read.events, [...recorded.slice(0, 3), ...more]);
  t.deepEqual(typesOf(read.problems), ['damage']);
});

function replaced(frames: Buffer[], at: number, replacement: (frame: Buffer) => Buffer): Buffer[] {
  return frames.map((frame, n) => (n === at ? replacement(frame) : frame));
}

function typesOf(problems: readonly Problem[]): string[] {
  return problems.map(({ type }) => type);
}
