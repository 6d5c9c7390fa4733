import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

import test from 'ava';
import fc from 'fast-check';

import { JournalNotReadable, JournalNotWritten } from '../../../journal/errors';
import { appendEvent } from '../../../journal/file/appendEvent';
import { encode } from '../../../journal/file/format/codec';
import { findFrames } from '../../../journal/file/findFrames';
import { LARGEST_GAP } from '../../../journal/file/follow';
import { encodeFrame, HEADER_BYTES, MAX_PAYLOAD } from '../../../journal/file/format/frame';
import { MAX_JOURNAL, openJournal, openJournalForAppend } from '../../../journal/file/journalFile';
import { RangeCrcs, tableCrc32 } from '../../../journal/file/format/rangeCrcs';
import { verifyJournal } from '../../../journal/file/verifyJournal';
import { canceled, finished, minute, started } from '../buildEvents';
import { appendAll, forge, framesOf, readAll, rewrite, temporaryJournal } from './temporaryJournal';

const story = [started('b1'), finished('b1'), started('b2'), canceled('b2')];

test('the CRC of any range is that of its bytes', (t) => {
  const someBytes = fc.uint8Array({ minLength: 1, maxLength: 2000, size: 'max' });
  fc.assert(
    fc.property(someBytes, fc.nat(), fc.nat(), (bytes, a, b) => {
      const [from, to] = [a % (bytes.length + 1), b % (bytes.length + 1)].sort((x, y) => x - y) as [number, number];
      t.is(new RangeCrcs(bytes).of(from, to), crc32(bytes.subarray(from, to)));
      t.is(tableCrc32(bytes), crc32(bytes));
    }),
  );
  const long = Buffer.alloc(2 * MAX_PAYLOAD, 'abc');
  t.is(new RangeCrcs(long).of(77, 77 + MAX_PAYLOAD), crc32(long.subarray(77, 77 + MAX_PAYLOAD)));
});

test('an event behind a megabyte of headers that claim 64 KiB is found', (t) => {
  const header = Buffer.from('c1646231000001000badcafe', 'hex'); // 65536 bytes
  const debris = Buffer.alloc(1024 * 1024, header);
  const bytes = Buffer.concat([debris, encodeFrame(Buffer.from('found'))]);
  const { pieces } = findFrames(bytes, 0, true);
  t.like(pieces, [
    { type: 'damage', start: 0, end: debris.length },
    { type: 'frame', start: debris.length, end: bytes.length },
  ]);
});

test('frames between headers that claim to hold them are found, too', (t) => {
  const liar = Buffer.alloc(20);
  encodeFrame(Buffer.alloc(5000)).copy(liar, 0, 0, HEADER_BYTES);
  const frame = encodeFrame(Buffer.from('frame'));
  const part = Buffer.concat([...Array.from({ length: 100 }, () => liar), frame]);
  const bytes = Buffer.concat(Array.from({ length: 50 }, () => part));
  const found = findFrames(bytes, 0, true).pieces.filter(({ type }) => type === 'frame');
  t.deepEqual(
    found.map(({ end }) => end),
    Array.from({ length: 50 }, (_, n) => (n + 1) * part.length),
  );
});

for (const seq of [Number.MAX_SAFE_INTEGER, LARGEST_GAP + 6]) {
  test(`a frame with the made-up number ${seq} hides no event that is appended later`, (t) => {
    const journal = temporaryJournal(t);
    const { recorded } = appendAll(journal, story);
    rewrite(journal.path, (frames) => [...frames, numbered(frames.at(-1), seq)]);
    const later = appendAll(journal, [started('b3'), finished('b3')]);
    t.deepEqual(
      later.recorded.map((one) => one.seq),
      [5, 6],
    );
    t.deepEqual(readAll(journal), {
      events: [...recorded, ...later.recorded],
      problems: [],
      head: later.head,
      diverged: false,
    });
    t.like(
      verifyJournal(journal, () => undefined),
      { events: 6, voidFrames: 0, deviations: [{ kind: 'stray', seq }] },
    );
  });
}

test('after a frame whose number leaves a gap, later events are shown with it', (t) => {
  const journal = temporaryJournal(t);
  const { recorded } = appendAll(journal, story);
  rewrite(journal.path, (frames) => [...frames, numbered(frames.at(-1), LARGEST_GAP + 5)]);
  const later = appendAll(journal, [started('b3'), finished('b3')]);
  const read = readAll(journal);
  t.deepEqual(read.events.length, recorded.length + 1 + later.recorded.length);
  t.like(read.problems, [{ type: 'gap', from: 5, to: LARGEST_GAP + 4 }]);
});

test('an event that is not understood is reported with the reason, and those around it are shown', (t) => {
  for (const [edit, reason] of [
    [(data: object) => ({ ...data, status: 'lost' }), /status is none of/],
    [(data: object) => ({ ...data, finishedAt: 5 }), /finishedAt is not an RFC 3339 time/],
    [() => null, /data is not a map/],
  ] as const) {
    const journal = temporaryJournal(t);
    const { recorded } = appendAll(journal, story.slice(0, 2));
    rewrite(journal.path, ([first, second]) => [
      first ?? Buffer.alloc(0),
      forge(second ?? Buffer.alloc(0), (fields) => [...fields.slice(0, -1), edit(fields.at(-1) as object)]),
    ]);
    const later = appendAll(journal, story.slice(2));
    const { events, problems } = readAll(journal);
    t.deepEqual(events, [...recorded.slice(0, 1), ...later.recorded]);
    t.like(problems, [{ type: 'unknown', seq: 2 }]);
    const verified = verifyJournal(journal, () => undefined);
    t.like(verified, { events: 3, unknownEvents: 1, deviations: [] });
    t.regex(verified.unknown[0]?.reason ?? '', reason);
  }
});

test('an event with an extension type keeps its number, and is ignored', (t) => {
  const journal = temporaryJournal(t);
  const { head, recorded } = appendAll(journal, story.slice(0, 1));
  const fields = [1, 2, head.crc, head.end, Buffer.alloc(32), recorded[0]?.id ?? '', 5, 'Pruned'];
  const elements = fields.map((field) => encode(field));
  const timestamp = Buffer.from('d6ff00000000', 'hex');
  appendFileSync(journal.path, encodeFrame(Buffer.concat([Buffer.of(0x99), ...elements, timestamp])));
  const later = appendAll(journal, story.slice(1));
  const { events, problems } = readAll(journal);
  t.deepEqual(events, [...recorded, ...later.recorded]);
  t.like(problems, [{ type: 'unknown', seq: 2, reason: 'its payload is not the MessagePack of a journal' }]);
});

test('numbers of 64 bits are read as any others', (t) => {
  const journal = temporaryJournal(t);
  const at = minute(1);
  const uint64 = (value: number): Buffer => {
    const bytes = Buffer.alloc(9, 0xcf);
    bytes.writeBigUInt64BE(BigInt(value), 1);
    return bytes;
  };
  const map = Buffer.concat([
    Buffer.of(0x85),
    ...['build', 'b1', 'status', 'failed', 'exitCode'].map((one) => encode(one)),
    Buffer.from('d3fffffffffffffffe', 'hex'),
    ...['cause', 'exit', 'finishedAt', '2026-04-30T13:50:00Z'].map((one) => encode(one)),
  ]);
  const id = encode('01JT3K5M7Q9R1S3T5V7W9X1Y3Z');
  const payload = [
    uint64(1),
    uint64(1),
    uint64(0),
    uint64(0),
    encode(Buffer.alloc(32)),
    id,
    uint64(at),
    encode('BuildFinished'),
  ];
  appendFileSync(journal.path, encodeFrame(Buffer.concat([Buffer.of(0x99), ...payload, map])));
  t.like(readAll(journal).events, [
    { seq: 1, at, event: finished('b1', { exitCode: -2, finishedAt: '2026-04-30T13:50:00Z' }) },
  ]);
});

test('a file that is longer than a journal may be is refused, whatever it holds', (t) => {
  const journal = temporaryJournal(t);
  appendAll(journal, story);
  for (const bytes of [MAX_JOURNAL + 1, 1024 ** 4]) {
    truncateSync(journal.path, bytes);
    const reason = new RegExp(`it has ${bytes} bytes, and a journal has at most ${MAX_JOURNAL}`);
    t.throws(() => openJournal(journal.path), { instanceOf: JournalNotReadable, message: reason });
    t.throws(() => openJournalForAppend(journal.path), { instanceOf: JournalNotWritten, message: reason });
  }
});

test('a journal does not grow beyond the size that is read', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, story);
  const full = { ...head, end: MAX_JOURNAL };
  t.throws(() => appendEvent(journal, full, started('b3'), minute(1), Math.random), {
    instanceOf: JournalNotWritten,
    message: /largest size/,
  });
});

test('an event that no reader would accept is not written', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, story);
  const before = readFileSync(journal.path);
  const nonsense = { ...started('b3'), startedAt: '12026-04-30T13:50:00Z' };
  t.throws(() => appendEvent(journal, head, nonsense, minute(1), Math.random), {
    instanceOf: JournalNotWritten,
    message: /its startedAt is not an RFC 3339 time/,
  });
  t.deepEqual(readFileSync(journal.path), before);
});

test('a clock before 1970 or after the year 10889 writes an event as any other', (t) => {
  const journal = temporaryJournal(t);
  let { head } = appendAll(journal, []);
  for (const at of [-1, -(10 ** 12), 0.5, 2 ** 48, 8.64e15]) {
    const appended = appendEvent(journal, head, started(`b${head.seq}`), at, Math.random);
    t.is(appended.own?.at, Math.max(0, Math.trunc(at)));
    ({ head } = appended);
  }
  t.is(readAll(journal).events.length, 5);
});

test('of damage in very many pieces the first are listed, and the rest are counted as one', (t) => {
  const journal = temporaryJournal(t);
  const noEnvelope = encodeFrame(Buffer.of(0xc0));
  const debris = Buffer.concat(Array.from({ length: 20_000 }, () => [noEnvelope, Buffer.of(0)]).flat());
  writeFileSync(journal.path, debris);
  const { recorded } = appendAll(journal, story);
  const { events, problems } = readAll(journal);
  t.deepEqual(events, recorded);
  t.is(problems.length, 1000);
  t.like(problems.at(-1), { type: 'damage', end: debris.length, tail: false });
  t.is(verifyJournal(journal, () => undefined).tornBytes, debris.length);
  t.is(framesOf(journal.path).length, 20_004);
});

/** The frame of another number, as somebody leaves it who knows how to compute a CRC. */
function numbered(frame: Buffer | undefined, seq: number): Buffer {
  return forge(frame ?? Buffer.alloc(0), ([schema, , ...others]) => [schema, seq, ...others]);
}
