import { createHash } from 'node:crypto';

import test from 'ava';
import fc from 'fast-check';

import { sha256, sha256OfShort } from '../../../journal/file/sha256';

function hex(digest: Uint8Array): string {
  return Buffer.from(digest).toString('hex');
}

test("the standard's example comes out", (t) => {
  t.is(hex(sha256OfShort(Buffer.from('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('every length up to three blocks gives what node:crypto gives', (t) => {
  for (let length = 0; length <= 192; length += 1) {
    const bytes = Buffer.alloc(length, length);
    t.is(hex(sha256OfShort(bytes)), createHash('sha256').update(bytes).digest('hex'), `${length} bytes`);
  }
});

test('any bytes in any chunks give what node:crypto gives, short and long', (t) => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 4 });
  fc.assert(
    fc.property(chunks, (some) => {
      const all = Buffer.concat(some);
      t.is(hex(sha256(all.length, some)), createHash('sha256').update(all).digest('hex'));
    }),
  );
});
