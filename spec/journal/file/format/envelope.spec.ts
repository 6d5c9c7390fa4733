import test from 'ava';

import { decodeEnvelope, encodeEnvelope, type Link } from '../../../../journal/file/format/envelope';
import { encode } from '../../../../journal/file/format/codec';
import { UnknownEvent } from '../../../../journal/file/format/parseEvent';
import { type BuildEvent, type Recorded, SCHEMA_VERSION } from '../../../../journal/events';
import { canceled, discarded, finished, minute, pruned, reaped, started } from '../../buildEvents';
import { unpackWritten } from './messagePack';

const link: Link = {
  previousCrc: 0xfedcba98,
  readTo: 2 ** 40,
  digest: Buffer.from(Array.from({ length: 32 }, (_, n) => n * 8)),
};

const examples: BuildEvent[] = [
  started('b1', { process: { pid: 17, startTicks: 123456789, bootId: 'b007' }, revision: 'abcdef' }),
  started('b2', { adopted: true, source: 'ps:söurce', startedAt: '2026-04-30T13:50:00.123456789Z' }),
  started('b3', { actor: { user: 'dokku', key: 'ключ 🔑', command: 'git-receive-pack' } }),
  finished('b1'),
  finished('b2', { exitCode: 255, adopted: true }),
  reaped('b3'),
  canceled('b4'),
  canceled('b5', { actor: { user: 'dokku' }, adopted: true }),
  pruned('b1', 'b2'),
  discarded('b3'),
];

for (const [n, event] of examples.entries()) {
  test(`what is encoded is decoded: ${describe(event)}`, (t) => {
    const recorded = record(event, n + 1);
    t.deepEqual(decodeEnvelope(encodeEnvelope(recorded, link)), { seq: n + 1, link, recorded });
  });

  test(`the payload is plain MessagePack in the order that is written down: ${describe(event)}`, (t) => {
    const { type, ...data } = event;
    const { seq, id, at } = record(event, n + 1);
    const fields = [
      SCHEMA_VERSION,
      seq,
      link.previousCrc,
      link.readTo,
      Uint8Array.from(link.digest),
      id,
      at,
      type,
      data,
    ];
    t.deepEqual(unpackWritten(encodeEnvelope(record(event, n + 1), link)), fields as never);
  });
}

test('an event in a newer schema is ignored, but its number and its link count', (t) => {
  const { seq, previousCrc, readTo, digest } = { seq: 7, ...link };
  const newer = encode([SCHEMA_VERSION + 1, seq, previousCrc, readTo, digest, { anything: 'else' }]);
  t.deepEqual(decodeEnvelope(newer), {
    seq,
    link,
    recorded: new UnknownEvent(`it has schema ${SCHEMA_VERSION + 1}, of a newer version`),
  });
});

test('an event of a type that is not known is ignored, but its number counts', (t) => {
  const envelope = decodeEnvelope(payload({ type: 'BuildPaused', data: { build: 'b1' } }));
  t.deepEqual(envelope, { seq: 7, link, recorded: new UnknownEvent('its type is not known') });
});

test('an event without the fields of its type is ignored, but its number and its link count', (t) => {
  const envelope = decodeEnvelope(payload({ type: 'BuildFinished', data: { build: 'b1' } }));
  t.deepEqual(envelope, { seq: 7, link, recorded: new UnknownEvent('its status is none of succeeded, failed') });
});

test('bytes that are no envelope are refused', (t) => {
  const { previousCrc, readTo, digest } = link;
  for (const value of [
    null,
    'text',
    {},
    [],
    [1, 0, previousCrc, readTo, digest],
    [1, 1.5, previousCrc, readTo, digest],
    [1, 2 ** 60, previousCrc, readTo, digest],
    ['1', 1, previousCrc, readTo, digest],
    [1, 1, -1, readTo, digest],
    [1, 1, previousCrc, null, digest],
    [1, 1, previousCrc, readTo, 'digest'],
  ]) {
    t.is(decodeEnvelope(encode(value)), undefined, JSON.stringify(value));
  }
  t.is(decodeEnvelope(Buffer.from([0xc1])), undefined);
  t.is(decodeEnvelope(encodeEnvelope(record(started('b1'), 1), link).subarray(0, 30)), undefined);
});

function describe(event: BuildEvent): string {
  return `${event.type} of ${event.type === 'Pruned' ? event.builds.join(' and ') : event.build}`;
}

function record(event: BuildEvent, seq: number): Recorded {
  return { seq, id: '01JT3K5M7Q9R1S3T5V7W9X1Y3Z', at: minute(seq), schema: SCHEMA_VERSION, event };
}

function payload({ type, data }: { type: string; data: unknown }): Uint8Array {
  const { previousCrc, readTo, digest } = link;
  return encode([SCHEMA_VERSION, 7, previousCrc, readTo, digest, '01JT3K5M7Q9R1S3T5V7W9X1Y3Z', 1, type, data]);
}
