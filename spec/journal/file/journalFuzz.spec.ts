import { strict as assert } from 'node:assert';
import { readFileSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

import test from 'ava';
import fc from 'fast-check';

import { encode } from '../../../journal/file/format/codec';
import { encodeFrame } from '../../../journal/file/format/frame';
import { digestOf, type Journal } from '../../../journal/file/journalFile';
import { verifyJournal } from '../../../journal/file/verifyJournal';
import { readJournal as readByThePage } from '../../endToEnd/docs/journalReader';
import { started } from '../buildEvents';
import { appendAll, appendVoid, framesOf, readAll, temporaryJournal } from './temporaryJournal';

/*
 * Journals that nobody would write, read by the program and by the reader that was written from docs/journal-format.md
 * alone. Both must find the same, and the program must go on as if nothing was wrong.
 */

/** A test for each round in the soak, because a test of half an hour looks like a hang. */
const rounds = process.env['SOAK'] === '1' ? 20 : 1;
const numRuns = process.env['SOAK'] === '1' ? 10_000 : 300;

/**
 * Bytes of any MessagePack value: integers in any form, text that is not UTF-8, extension types, values that are cut
 * off.
 */
const { value } = fc.letrec<{ value: Uint8Array }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...['00', '7f', 'ff', 'c0', 'c1', 'c2', 'c3', 'a0'].map(hex)),
    fc
      .tuple(fc.constantFrom(0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3, 0xca, 0xcb), bytes(8))
      .map(([form, some]) =>
        Buffer.concat([Buffer.of(form), some.subarray(0, form < 0xcc ? 4 << (form - 0xca) : 1 << ((form - 0xcc) % 4))]),
      ),
    fc.nat(2 ** 20).map((number) => Buffer.concat([hex('cf00000000'), uint32(number)])),
    fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => encode(text)),
    fc.uint8Array({ maxLength: 20 }).map((some) => Buffer.concat([Buffer.of(0xa0 + some.length), some])),
    fc.uint8Array({ maxLength: 40 }).map((some) => Buffer.concat([Buffer.of(0xc4, some.length), some])),
    fc
      .tuple(fc.nat(255), fc.constantFrom(0, 1, 2, 3, 4), bytes(16))
      .map(([type, size, some]) => Buffer.concat([Buffer.of(0xd4 + size, type), some.subarray(0, 1 << size)])),
    fc
      .tuple(fc.nat(255), fc.uint8Array({ maxLength: 12 }))
      .map(([type, some]) => Buffer.concat([Buffer.of(0xc7, some.length, type), some])),
    fc.array(tie('value'), { maxLength: 4 }).map((all) => Buffer.concat([Buffer.of(0x90 + all.length), ...all])),
    fc
      .array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 })
      .map((all) => Buffer.concat([Buffer.of(0x80 + all.length), ...all.flat()])),
    fc.tuple(tie('value'), fc.nat(8)).map(([some, cut]) => some.subarray(0, Math.max(0, some.length - cut))),
  ),
}));

const names = ['build', 'kind', 'source', 'process', 'startedAt', 'actor', 'revision', 'adopted', 'status', 'exitCode'];
const more = ['cause', 'finishedAt', 'signal', 'builds', 'reason', 'pid', 'group', 'user', '__proto__', 'constructor'];
const times = ['2026-04-30T13:50:00Z', '2026-02-29T00:00:00Z', '2024-02-29T23:59:59.5+02:00', '2026-04-30T24:00:00Z'];
const words = [
  'b1',
  'build',
  'deploy',
  'succeeded',
  'failed',
  'exit',
  'deployed',
  'abandoned',
  'retention',
  'discarded',
];

/** A value that may be right in some field, or any other. */
const fieldValue = fc.oneof(
  fc.constantFrom(...words, ...times, '', 'no/id', 'x'.repeat(129)).map((text) => encode(text)),
  fc
    .constantFrom<unknown>(0, 1, -1, 300, 2 ** 40, true, false, null, {}, [], ['b1'], { pid: 5 }, { user: 'ann' })
    .map(encode),
  value,
);

/** The fields of a real event, some of them with other values, left out, twice, or more of them. */
const fields = fc
  .tuple(
    fc.constantFrom(
      started('b1', {
        actor: { user: 'dokku', key: 'ann' },
        process: { pid: 7, group: 7, startTicks: 1, bootId: 'x' },
      }),
      { type: 'BuildFinished', status: 'failed', exitCode: 1, cause: 'exit', finishedAt: times[0], build: 'b1' },
      { type: 'BuildCanceled', actor: {}, signal: 'SIGQUIT', finishedAt: times[0], build: 'b1' },
      { type: 'Pruned', builds: ['b1'], reason: 'retention' },
    ),
    fc.array(fc.tuple(fc.constantFrom(...names, ...more), fc.option(fieldValue)), { maxLength: 3 }),
  )
  .map(([{ type, ...known }, changes]) => {
    const left = Object.entries(known).filter(
      ([name]) => !changes.some(([other, to]) => other === name && to === null),
    );
    const all = [
      ...left.map(([name, is]) => [encode(name), encode(is)]),
      ...changes.flatMap(([name, to]) => (to === null ? [] : [[encode(name), Buffer.from(to)]])),
    ];
    return { type, map: Buffer.concat([Buffer.of(0x80 + Math.min(all.length, 15)), ...all.slice(0, 15).flat()]) };
  });

const ids = ['01JT3K5M7Q9R1S3T5V7W9X1Y3Z', '01jt3k5m7q9r1s3t5v7w9x1y3z', 'no ulid', '01JT3K5M7Q9R1S3T5V7W9X1Y3I'];

/** A payload with a right CRC; which of its elements are of the place where it stands, and which are another value. */
const payload = fc.record({
  fields,
  id: fc.constantFrom(...ids),
  at: fc.constantFrom(0, 1777557000000, 8.64e15, 8.65e15, -1),
  seqBy: fc.constantFrom(1, 1, 1, 1, 0, -1, 2, 3, 2 ** 32 + 1, 2 ** 32 + 2, 2 ** 53),
  replaced: fc.option(fc.tuple(fc.nat(9), value), { freq: 2 }),
  behind: fc.oneof({ arbitrary: fc.constant(Buffer.alloc(0)), weight: 8 }, value),
  length: fc.oneof({ arbitrary: fc.constant(9), weight: 8 }, fc.nat(15)),
});

type Payload = typeof payload extends fc.Arbitrary<infer T> ? T : never;

/** What is done to a journal, one thing after the other. */
const step = fc.oneof(
  fc.record({ do: fc.constant('append' as const), build: fc.constantFrom('b1', 'b2', 'b3') }),
  fc.record({ do: fc.constant('lose' as const), build: fc.constantFrom('b1', 'b2', 'b3') }),
  fc.record({ do: fc.constant('put' as const), payload }),
  fc.record({
    do: fc.constant('junk' as const),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(300).map((n) => new Uint8Array(n)),
    ),
  }),
  fc.record({ do: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ do: fc.constant('cut' as const), bytes: fc.nat(200) }),
  fc.record({ do: fc.constant('copy' as const), frame: fc.nat(), to: fc.nat() }),
  fc.record({ do: fc.constant('remove' as const), frame: fc.nat() }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

for (let round = 1; round <= rounds; round += 1)
  test.serial(
    `any journal reads as the page says, and the next event is appended: round ${round} of ${rounds}`,
    async (t) => {
      await setImmediate(); // ava reports the round before
      const journal = temporaryJournal(t);
      t.notThrows(() => {
        fc.assert(
          fc.property(fc.array(step, { minLength: 1, maxLength: 12, size: 'max' }), (steps) => {
            writeFileSync(journal.path, '');
            for (const one of steps) take(journal, one);
            agree(journal);
            const before = readAll(journal);
            const { recorded } = appendAll(journal, [started('next')]);
            const after = readAll(journal);
            assert.deepEqual(after.events.at(-1), recorded[0]);
            assert.deepEqual(after.events.slice(0, -1), before.events);
            agree(journal);
          }),
          { numRuns },
        );
      });

      function agree({ path }: Journal): void {
        const byThePage = readByThePage(readFileSync(path));
        const { events, problems } = readAll(journal);
        assert.deepEqual(
          plain(events.map(({ seq, id, at, event: { type, ...data } }) => ({ seq, id, at, type, data }))),
          plain(byThePage.events),
        );
        const of = (type: string): typeof problems => problems.filter((problem) => problem.type === type);
        assert.deepEqual(
          of('unknown').map((problem) => 'seq' in problem && problem.seq),
          byThePage.unknown,
        );
        assert.deepEqual(
          of('disputed').map((problem) => 'seq' in problem && problem.seq),
          byThePage.disputed,
        );
        assert.deepEqual(
          of('gap').map((problem) => 'from' in problem && problem.from),
          byThePage.missing,
        );
        const damaged = problems.reduce(
          (sum, problem) => sum + (problem.type === 'damage' ? problem.end - problem.start : 0),
          0,
        );
        assert.equal(damaged, byThePage.damaged);
        const {
          deviations,
          headDigest,
          events: verified,
          tornBytes,
          bytes: size,
        } = verifyJournal(journal, () => undefined);
        assert.equal(verified, events.length);
        assert.ok(tornBytes <= size && (tornBytes === 0 || damaged > 0));
        if (byThePage.badDigests.length === 0) assert.equal(headDigest, byThePage.headDigest);
        else assert.ok(deviations.length > 0);
      }
    },
  );

function take(journal: Journal, one: Step): void {
  const { path } = journal;
  const file = readFileSync(path);
  const frames = framesOf(path);
  switch (one.do) {
    case 'append':
      appendAll(journal, [started(one.build)]);
      return;
    case 'lose':
      appendVoid(journal, readAll(journal).head, started(one.build), 5);
      return;
    case 'put':
      writeFileSync(path, Buffer.concat([file, encodeFrame(bytesOf(journal, one.payload))]));
      return;
    case 'junk':
      writeFileSync(path, Buffer.concat([file, one.bytes]));
      return;
    case 'flip':
      if (file.length === 0) return;
      file.writeUInt8(file.readUInt8(one.at % file.length) ^ (1 << one.bit), one.at % file.length);
      writeFileSync(path, file);
      return;
    case 'cut':
      writeFileSync(path, file.subarray(0, Math.max(0, file.length - one.bytes)));
      return;
    case 'copy':
    case 'remove': {
      const frame = frames[one.frame % Math.max(1, frames.length)];
      if (frame === undefined) return;
      const to = one.do === 'copy' ? (frames[one.to % frames.length]?.end ?? 0) : frame.start;
      const inserted = one.do === 'copy' ? file.subarray(frame.start, frame.end) : Buffer.alloc(0);
      const rest = one.do === 'copy' ? to : frame.end;
      writeFileSync(path, Buffer.concat([file.subarray(0, to), inserted, file.subarray(rest)]));
    }
  }
}

function bytesOf(
  journal: Journal,
  { fields: { type, map }, id, at, seqBy, replaced, behind, length }: Payload,
): Buffer {
  const { head } = readAll(journal);
  const digest = digestOf(journal, head.readTo, head.end);
  const elements = [1, head.seq + seqBy, head.crc, head.end, digest, id, at, type].map((element) => encode(element));
  elements.push(map);
  if (replaced !== null) elements[replaced[0]] = Buffer.from(replaced[1]);
  return Buffer.concat([Buffer.of(0x90 + length), ...elements, behind]);
}

/** Decoders differ in how many U+FFFD they make of bytes that are no UTF-8. */
function plain(events: readonly { readonly data: object }[]): unknown {
  return JSON.parse(JSON.stringify(events).replace(/\ufffd+/g, '\ufffd'));
}

function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

function uint32(number: number): Buffer {
  const made = Buffer.alloc(4);
  made.writeUInt32BE(number);
  return made;
}
