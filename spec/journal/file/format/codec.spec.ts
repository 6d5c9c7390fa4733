import test from 'ava';
import fc from 'fast-check';

import { decode, decodeFirst, encode } from '../../../../journal/file/format/codec';
import { unpackWritten } from './messagePack';

test('what is encoded is plain MessagePack, which any reader can read', (t) => {
  const text = fc.string({ unit: 'grapheme' });
  const values = fc.object({
    key: text.filter((key) => key !== '__proto__'),
    values: [text, fc.integer(), fc.maxSafeInteger(), fc.boolean()],
  });
  fc.assert(
    fc.property(values, (value) => {
      t.deepEqual(unpackWritten(encode(value)), value as never);
      t.deepEqual(decode(encode(value)), value);
    }),
    { numRuns: 300 },
  );
});

test('an integer is read in any form', (t) => {
  const forms: [number, string[]][] = [
    [
      5,
      [
        '05',
        'cc05',
        'cd0005',
        'ce00000005',
        'cf0000000000000005',
        'd005',
        'd10005',
        'd200000005',
        'd30000000000000005',
        'cb4014000000000000',
        'ca40a00000',
      ],
    ],
    [-5, ['fb', 'd0fb', 'd1fffb', 'd2fffffffb', 'd3fffffffffffffffb', 'cbc014000000000000']],
    [2 ** 53 - 1, ['cf001fffffffffffff', 'd3001fffffffffffff', 'cb433fffffffffffff']],
  ];
  for (const [value, texts] of forms) for (const text of texts) t.is(decode(Buffer.from(text, 'hex')), value, text);
});

test('an integer that a number cannot hold exactly is not read as a safe integer', (t) => {
  for (const text of [
    'cf0020000000000000',
    'cf0020000000000001',
    'cfffffffffffffffff',
    'd38000000000000000',
    'd3ffdfffffffffffff',
  ])
    t.false(Number.isSafeInteger(decode(Buffer.from(text, 'hex'))), text);
});

for (const [what, texts] of Object.entries({
  'an extension type': [
    'd40100',
    'd5010000',
    'd6ff00000000',
    'd7ff0000000000000000',
    'c70042',
    'c7017300',
    'c70474aabbccdd',
    'c80001ff00',
    'd8'.padEnd(36, '0'),
  ],
  'a record as msgpackr writes them': ['d4720191a16105', '92d4724091a1610540', 'd572410191a16105'],
  'an extension type inside of an array or a map': ['91d40100', '81a161d40100', '82a16101a162d6ff00000000'],
  'bytes behind the value': ['0505', '9000', '81a16101c0', '4041'],
  'a value that is cut off': [
    '',
    '91',
    '81a161',
    'a5616263',
    'cd00',
    'c403aabb',
    'd9',
    'dc0002',
    'dd7fffffff01',
    'df7fffffff01',
    'db7fffffff61',
  ],
})) {
  test(`${what} is not read`, (t) => {
    for (const text of texts) t.throws(() => decode(Buffer.from(text, 'hex')), undefined, text);
  });
}

test('deeply nested values are refused without a crash', (t) => {
  for (const depth of [1_000, 65_535]) {
    for (const byte of [0x91, 0x81]) {
      try {
        decode(Buffer.alloc(depth, byte));
        t.fail();
      } catch (error) {
        t.true(error instanceof Error);
      }
    }
  }
  t.deepEqual(decode(Buffer.from('05', 'hex')), 5);
});

test('the last of two fields with the same name is read, and bytes that are not UTF-8 are read as U+FFFD', (t) => {
  t.deepEqual(decode(Buffer.from('82a16101a16102', 'hex')), { a: 2 });
  t.is(decode(Buffer.from('a361ff62', 'hex')), 'a\ufffdb');
});

test('a field cannot change the prototype of objects', (t) => {
  const read = decode(Buffer.concat([Buffer.from([0x81]), encode('__proto__'), encode({ polluted: true })])) as object;
  t.is(Object.getPrototypeOf(read), Object.prototype);
  t.false('polluted' in read);
});

test('the first elements of an array are read whatever follows them', (t) => {
  for (const rest of ['', 'd40100', 'c1c1', '91919191', 'a5'])
    t.deepEqual(decodeFirst(Buffer.from(`93010203${rest}`, 'hex'), 3), [1, 2, 3]);
  for (const text of ['9501020304d40100', 'dc000501020304d40100', 'dd0000000501020304d40100', '91010203'])
    t.deepEqual(decodeFirst(Buffer.from(text, 'hex'), 3), [1, 2, 3]);
  for (const text of ['', '05', '920102', '81a16101', '9301d4010003', '930102'])
    t.throws(() => decodeFirst(Buffer.from(text, 'hex'), 3), undefined, text);
});
