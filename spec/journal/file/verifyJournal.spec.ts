import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';

import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';

import type { Journal } from '../../../journal/file/journalFile';
import { type Verified, verifyJournal } from '../../../journal/file/verifyJournal';
import { canceled, finished, minute, pruned, started } from '../buildEvents';
import { appendAll, appendVoid, forge, framesOf, readAll, rewrite, temporaryJournal } from './temporaryJournal';

const story = [
  ...[started('b1'), finished('b1'), started('b2'), canceled('b2')],
  ...[started('b3'), pruned('b1'), finished('b3'), started('b4')],
];

test('a journal that nobody has touched is intact, lost races and all', (t) => {
  const journal = written(t);
  t.like(verify(journal), { events: 8, voidFrames: 1, tornBytes: 0, unknownEvents: 0, deviations: [] });
  t.regex(verify(journal).headDigest ?? '', /^[0-9a-f]{64}$/);
});

test('an empty journal is intact, and has no head', (t) => {
  t.like(verify(temporaryJournal(t)), { events: 0, bytes: 0, headDigest: undefined, deviations: [] });
});

const edited = (frame: Buffer): Buffer =>
  forge(frame, (fields) => [
    ...fields.slice(0, -1),
    { ...(fields.at(-1) as object), startedAt: '1999-01-01T00:00:00Z' },
  ]);

for (const [what, edit] of [
  ['an event is removed', (frames: Buffer[]) => frames.filter((_, n) => n !== 3)],
  ['the first event is removed', (frames: Buffer[]) => frames.slice(1)],
  ['a lost race is removed', (frames: Buffer[]) => frames.filter((_, n) => n !== 2)],
  ['two events change places', ([a, b, c, d, e, ...rest]: Buffer[]) => joined(a, b, c, e, d, ...rest)],
  [
    'an event is copied to another place',
    ([a, ...rest]: Buffer[]) => joined(a, ...rest.slice(0, 5), a, ...rest.slice(5)),
  ],
  ['the last event is copied', (frames: Buffer[]) => joined(...frames, frames.at(-1))],
  ['an event is slipped in', ([a, b, ...rest]: Buffer[]) => joined(a, b && edited(b), b, ...rest)],
  [
    'an event is edited, its CRC computed again',
    ([a, b, c, d, ...rest]: Buffer[]) => joined(a, b, c, d && edited(d), ...rest),
  ],
  ['a byte is put in between', (frames: Buffer[]) => joined(frames[0], Buffer.of(0), ...frames.slice(1))],
  ['text is put before everything', (frames: Buffer[]) => joined(Buffer.from('#!/bin/sh\n'), ...frames)],
] as const) {
  test(`verification finds that ${what}, and says where`, (t) => {
    const journal = written(t);
    rewrite(journal.path, (frames) => edit(frames));
    const { deviations } = verify(journal);
    t.true(deviations.length > 0);
    t.true(deviations.every(({ offset, meaning }) => offset !== undefined && meaning.length > 20));
  });
}

test('any rearrangement of the frames is found, except events that were cut off the end', (t) => {
  const journal = written(t);
  const count = framesOf(journal.path).length;
  const original = framesOf(journal.path).map((_, n) => n);
  let frames: Buffer[] = [];
  rewrite(journal.path, (all) => (frames = all));
  // 2 came second behind 0: as long as nothing is built on either, nothing binds their order
  const racedForTheEnd = ['0 2', '0 2 1'];
  const places = fc.array(fc.nat(count - 1), { minLength: 1, maxLength: count + 2, size: 'max' });
  const near = fc.tuple(fc.nat(count - 1), fc.nat(count - 1)).map(([from, to]) => moved(original, from, to));
  fc.assert(
    fc.property(fc.oneof(places, near), (order) => {
      rewrite(journal.path, () => order.flatMap((n) => frames[n] ?? []));
      const isPrefix = order.every((place, n) => place === n);
      const { deviations } = verify(journal);
      const isHidden = isPrefix || racedForTheEnd.includes(order.join(' '));
      t.is(deviations.length === 0, isHidden, `frames ${order.join(' ')}`);
    }),
    { numRuns: process.env['SOAK'] === '1' ? 20_000 : 500 },
  );
});

test('a head digest that was kept elsewhere is found while it is part of the history', (t) => {
  const journal = written(t);
  const { headDigest: kept } = verify(journal);
  t.is(verify(journal, kept).pinned, 8);
  appendAll(journal, [finished('b4')]);
  t.not(verify(journal).headDigest, kept);
  t.like(verify(journal, kept), { pinned: 8, deviations: [] });
});

test('a head digest that was kept elsewhere shows a cut or edited end, which the chain alone does not', (t) => {
  for (const edit of [
    ([first, , raced]: Buffer[]) => joined(first, raced),
    ([first, second, raced]: Buffer[]) => joined(first, raced, second),
    (frames: Buffer[]) => frames.slice(0, -1),
    (frames: Buffer[]) => joined(...frames.slice(0, -1), edited(frames.at(-1) ?? Buffer.alloc(0))),
  ]) {
    const journal = written(t);
    const { headDigest: kept } = verify(journal);
    rewrite(journal.path, edit);
    t.like(verify(journal, kept), { pinned: undefined, deviations: [] });
    appendAll(journal, [finished('b4')]);
    t.is(verify(journal, kept).pinned, undefined);
  }
});

test('a write that was cut off is reported until later events link over it, and then only counted', (t) => {
  const journal = written(t);
  const { start = 0, end = 0 } = framesOf(journal.path).at(-1) ?? {};
  truncateSync(journal.path, end - 7);
  const debris = end - 7 - start;
  t.deepEqual(
    verify(journal).deviations.map(({ kind, offset }) => ({ kind, offset })),
    [{ kind: 'damage', offset: start }],
  );
  appendAll(journal, [started('b5'), finished('b5')]);
  t.like(verify(journal), { events: 9, tornBytes: debris, deviations: [] });
});

test('a write that was cut off, with one event behind it, is not said to have been damaged later', (t) => {
  const journal = written(t);
  const { start = 0, end = 0 } = framesOf(journal.path).at(-1) ?? {};
  truncateSync(journal.path, end - 7);
  appendAll(journal, [started('b5')]);
  const [cutOff, ...others] = verify(journal).deviations;
  t.deepEqual(others, []);
  t.like(cutOff, { kind: 'damage', offset: start });
  t.regex(
    cutOff?.meaning ?? '',
    /are not an event, and none is missing: a write was cut off, .* not a deviation once two events follow it/,
  );
});

test('if bytes were removed at the front, the head is still that of the last event', (t) => {
  const journal = written(t);
  const { headDigest } = verify(journal);
  const nothing = createHash('sha256').digest('hex');
  for (let left = framesOf(journal.path).length - 1; left > 1; left -= 1) {
    rewrite(journal.path, (frames) => frames.slice(1));
    t.like(verify(journal, nothing), { headDigest, pinned: undefined }, `${left} frames left`);
    t.is(verify(journal, headDigest).pinned, 8);
  }
});

test('a last event that is not linked to the event before it is not the head', (t) => {
  const journal = written(t);
  const { headDigest = '' } = verify(journal);
  rewrite(journal.path, (frames) => frames.filter((_, n) => n !== frames.length - 2));
  t.like(verify(journal, headDigest), { headDigest: undefined, pinned: undefined });
  t.is(verify(journal, headDigest).deviations.length, 2); // a gap, and the link
});

for (const [what, bytes] of [
  ['zeros', Buffer.alloc(300)],
  [
    'the beginning of an event, and zeros',
    Buffer.concat([Buffer.from('\xc1db1\x05\x01\0\0', 'latin1'), Buffer.alloc(40)]),
  ],
  ['one zero', Buffer.alloc(1)],
  ['any bytes', Buffer.from('what the disk made of it')],
  ['half of an event, twice', Buffer.from('\xc1db1\x05\x01\0\0\xc1db1\x05\x01\0\0', 'latin1')],
] as const) {
  test(`a write that was cut off and left ${what} is not a deviation once two events follow it`, (t) => {
    const journal = written(t);
    appendFileSync(journal.path, bytes);
    t.like(verify(journal).deviations, [{ kind: 'damage', mayPass: true }]);
    appendAll(journal, [started('b5')]);
    t.like(verify(journal).deviations, [{ kind: 'damage' }]);
    t.is(verify(journal).deviations.length, 1);
    appendAll(journal, [finished('b5')]);
    t.like(verify(journal), { events: 10, tornBytes: bytes.length, deviations: [] });
    appendAll(journal, [started('b6')]);
    t.like(verify(journal), { events: 11, tornBytes: bytes.length, deviations: [] });
  });

  test(`where a write was cut off and left ${what}, what was changed later is found`, (t) => {
    const journal = written(t);
    const { size } = statSync(journal.path);
    appendFileSync(journal.path, bytes);
    appendAll(journal, [started('b5'), finished('b5'), started('b6')]);
    const changed = readFileSync(journal.path);
    changed.writeUInt8(changed.readUInt8(size) ^ 1, size);
    writeFileSync(journal.path, changed);
    t.deepEqual(
      verify(journal).deviations.map(({ kind }) => kind),
      ['damage', 'chain'],
    );
  });
}

test('an old disk block with whole events, left by a write that was cut off, is not a deviation', (t) => {
  const journal = written(t);
  const { start = 0 } = framesOf(journal.path)[3] ?? {};
  const block = readFileSync(journal.path).subarray(40, start + 50); // parts of events around three whole ones
  appendFileSync(journal.path, block);
  t.true(verify(journal).deviations.length > 0);
  appendAll(journal, [started('b5'), finished('b5')]);
  t.like(verify(journal), { events: 10, tornBytes: block.length, deviations: [] });

  const whole = written(t);
  appendFileSync(whole.path, readFileSync(whole.path).subarray(0, start)); // events that somebody has copied
  appendAll(whole, [started('b5'), finished('b5')]);
  t.deepEqual(
    verify(whole).deviations.map(({ kind }) => kind),
    ['stray', 'stray', 'stray'],
  );
});

test('damage in place of a frame that lost its race was made after it was written', (t) => {
  const journal = written(t);
  const { start = 0, end = 0 } = framesOf(journal.path)[2] ?? {};
  const bytes = readFileSync(journal.path);
  writeFileSync(journal.path, bytes.fill(0, start, end));
  t.deepEqual(
    verify(journal).deviations.map(({ kind }) => kind),
    ['damage', 'chain'],
  );
  t.regex(verify(journal).deviations[0]?.meaning ?? '', /damaged after they were written/);
});

test('verification shows the same events as reading does', (t) => {
  const journal = written(t);
  const shown: unknown[] = [];
  verifyJournal(journal, (recorded) => shown.push(recorded));
  t.deepEqual(shown, readAll(journal).events);
});

/** The story, with an event that lost its race behind the second one. */
function written(t: ExecutionContext): Journal {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, story.slice(0, 1));
  appendAll(journal, story.slice(1, 2));
  appendVoid(journal, head, canceled('b1'), minute(9));
  appendAll(journal, story.slice(2));
  return journal;
}

function verify(journal: Journal, pin?: string): Verified {
  return verifyJournal(journal, () => undefined, pin);
}

function joined(...frames: (Buffer | undefined)[]): Buffer[] {
  return frames.filter((frame) => frame !== undefined);
}

function moved(order: readonly number[], from: number, to: number): number[] {
  const rest = order.filter((_, n) => n !== from);
  return [...rest.slice(0, to), from, ...rest.slice(to)];
}
