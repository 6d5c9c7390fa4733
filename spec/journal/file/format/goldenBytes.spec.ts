import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { decodeEnvelope, encodeEnvelope } from '../../../../journal/file/format/envelope';
import { encodeFrame, HEADER_BYTES } from '../../../../journal/file/format/frame';
import { examples } from './encodedExamples';

/**
 * The frames, in base64, that version 0.1.0 wrote for the examples. They were made once, by that version; never make
 * them again.
 */
const golden = JSON.parse(readFileSync(join(__dirname, 'goldenFrames.json'), 'utf8')) as Record<string, string>;

for (const [name, { recorded, link }] of Object.entries(examples)) {
  test(`the bytes of an event are those that version 0.1.0 wrote: ${name}`, (t) => {
    t.is(encodeFrame(encodeEnvelope(recorded, link)).toString('base64'), golden[name] ?? '');
  });

  test(`what version 0.1.0 wrote is read: ${name}`, (t) => {
    const payload = Buffer.from(golden[name] ?? '', 'base64').subarray(HEADER_BYTES);
    t.deepEqual(decodeEnvelope(payload), { seq: recorded.seq, link, recorded });
  });
}
