import * as zlib from 'node:zlib';

import test from 'ava';
import fc from 'fast-check';

import { crc32, tableCrc32 } from '../../../journal/file/crc32';

const CHECK = 0xcbf43926; // what CRC-32/ISO-HDLC makes of "123456789", by its definition

test('both ways give the check value of the standard', (t) => {
  t.is(crc32(Buffer.from('123456789')), CHECK);
  t.is(tableCrc32(Buffer.from('123456789')), CHECK);
  t.is(crc32(Buffer.alloc(0)), 0);
  t.is(tableCrc32(Buffer.alloc(0)), 0);
});

test('the table gives what zlib gives, for any bytes', (t) => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(bytes, (some) => {
      t.is(tableCrc32(some), zlib.crc32(some));
      t.is(crc32(some), zlib.crc32(some));
    }),
  );
});

test('a part of a buffer is summed, not what lies around it', (t) => {
  const around = Buffer.from('xx123456789xx');
  t.is(tableCrc32(around.subarray(2, 11)), CHECK);
  t.is(crc32(around.subarray(2, 11)), CHECK);
});
