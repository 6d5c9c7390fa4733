import test from 'ava';
import fc from 'fast-check';
import { Packr } from 'msgpackr';

import { decodeMessagePack, encodeMessagePack } from '../../../journal/file/messagePack';
import { unpack } from './messagePack';

const packr = new Packr({ useRecords: false, mapsAsObjects: true, variableMapSize: true });

const EDGES = [
  0,
  0x1f,
  0x20,
  0x7f,
  0x80,
  0xff,
  0x100,
  0x7fff,
  0x8000,
  0xffff,
  0x1_0000,
  0x7fff_ffff,
  0x8000_0000,
  2 ** 32,
];

const numbers = [
  ...EDGES.flatMap((edge) => [edge - 1, edge, edge + 1, -edge - 1, -edge, -edge + 1]),
  ...[0.5, -1.5, NaN, Infinity, -Infinity, -0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, Number.MIN_VALUE],
];

test('every number takes the bytes that msgpackr gives it', (t) => {
  for (const number of numbers) t.deepEqual(encodeMessagePack(number), packr.pack(number), `${number}`);
});

test('texts, bytes, arrays and maps of every length take the bytes that msgpackr gives them', (t) => {
  const lengths = [0, 1, 10, 11, 15, 16, 17, 31, 32, 33, 127, 128, 255, 256, 5000, 65_535, 65_536, 70_000];
  for (const length of lengths) {
    for (const letter of ['a', 'é', '€', '🔑']) {
      const text = letter.repeat(length);
      t.true(encodeMessagePack(text).equals(packr.pack(text)), `${length} times ${letter}`);
    }
    const values = {
      bytes: Buffer.alloc(length, length),
      array: Array.from({ length }, (_, n) => n),
      map: Object.fromEntries(Array.from({ length }, (_, n) => [`key ${n}`, n])),
    };
    for (const [name, value] of Object.entries(values))
      t.true(encodeMessagePack(value).equals(packr.pack(value)), `${name} of ${length}`);
  }
});

test('whatever JSON has takes the bytes that msgpackr gives it, and is read back by a reader of another make', (t) => {
  // A key __proto__ is no key of an object that is decoded, in any reader; and JSON has no -0.
  const values = fc
    .jsonValue({ maxDepth: 4, stringUnit: 'binary' })
    .filter((value) => !JSON.stringify(value).includes('__proto__'))
    .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  fc.assert(
    fc.property(values, (value) => {
      const encoded = encodeMessagePack(value);
      t.true(encoded.equals(packr.pack(value)), JSON.stringify(value));
      t.deepEqual(unpack(encoded), value as never);
      t.deepEqual(decodeMessagePack(encoded), value);
    }),
  );
});

test('half a character becomes the replacement character, so that what is written is UTF-8', (t) => {
  t.is(decodeMessagePack(encodeMessagePack('a\ud800b')), 'a\ufffdb');
});

test('what MessagePack has no form for is refused', (t) => {
  for (const value of [undefined, () => 1, 1n, Symbol('s'), [undefined], { a: undefined }])
    t.throws(() => encodeMessagePack(value), { instanceOf: TypeError, message: /^MessagePack has no form for / });
});
