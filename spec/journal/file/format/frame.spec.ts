import test from 'ava';

import { crc32 } from '../../../../journal/file/format/checksums';
import { findFrames } from '../../../../journal/file/findFrames';
import { encodeFrame, HEADER_BYTES, MAX_PAYLOAD, readHeader } from '../../../../journal/file/format/frame';

test('a frame is magic, length, CRC-32 and payload, in little-endian', (t) => {
  const payload = Buffer.from('hello');
  const frame = encodeFrame(payload);
  t.is(HEADER_BYTES, 12);
  t.is(frame.toString('hex'), 'c1646231' + '05000000' + '86a61036' + payload.toString('hex'));
  t.is(frame.readUInt32LE(8), crc32(payload));
  t.deepEqual(readHeader(frame), { bytes: 17, crc: crc32(payload) });
});

test('bytes without the magic, or that end within the header, are no header', (t) => {
  t.is(readHeader(Buffer.alloc(HEADER_BYTES)), undefined);
  t.is(readHeader(encodeFrame(Buffer.from('hello')).subarray(0, HEADER_BYTES - 1)), undefined);
});

test('what was encoded is found, one frame behind the other', (t) => {
  const bytes = Buffer.concat([encodeFrame(Buffer.from('one')), encodeFrame(Buffer.from('second'))]);
  const { frames, damages, done } = scan(bytes, { base: 1000 });
  t.deepEqual(frames, [
    { start: 1000, end: 1015, crc: crc32(Buffer.from('one')), text: 'one' },
    { start: 1015, end: 1033, crc: crc32(Buffer.from('second')), text: 'second' },
  ]);
  t.deepEqual(damages, []);
  t.is(done, bytes.length);
});

test('the longest payload fits, one byte more does not', (t) => {
  const longest = Buffer.alloc(MAX_PAYLOAD, 'x');
  t.is(scan(encodeFrame(longest)).frames[0]?.text.length, MAX_PAYLOAD);
  t.throws(() => encodeFrame(Buffer.alloc(MAX_PAYLOAD + 1)), { instanceOf: RangeError, message: /65537 bytes/ });
});

test('a header that claims an empty or too long payload is damage', (t) => {
  for (const length of [0, MAX_PAYLOAD + 1, 0xffffffff]) {
    const liar = Buffer.alloc(HEADER_BYTES + MAX_PAYLOAD + 1);
    encodeFrame(Buffer.from('x')).copy(liar);
    liar.writeUInt32LE(length, 4);
    liar.writeUInt32LE(crc32(liar.subarray(HEADER_BYTES, HEADER_BYTES + Math.min(length, MAX_PAYLOAD + 1))), 8);
    const { frames, damages } = scan(Buffer.concat([liar, encodeFrame(Buffer.from('next'))]));
    t.deepEqual(
      frames.map(({ text }) => text),
      ['next'],
    );
    t.deepEqual(damages, [{ start: 0, end: liar.length }]);
  }
});

test('a torn frame hides no other frame, wherever it was cut', (t) => {
  const torn = encodeFrame(Buffer.from('torn in two'));
  const whole = encodeFrame(Buffer.from('whole'));
  for (let cut = 1; cut < torn.length; cut += 1) {
    const { frames, damages } = scan(Buffer.concat([torn.subarray(0, cut), whole]));
    t.deepEqual(
      frames.map(({ start, text }) => ({ start, text })),
      [{ start: cut, text: 'whole' }],
    );
    t.deepEqual(damages, [{ start: 0, end: cut }]);
  }
});

test('garbage before, between and after frames is reported, and ignored', (t) => {
  const a = encodeFrame(Buffer.from('a'));
  const junk = Buffer.from('no frame at all');
  const { frames, damages } = scan(Buffer.concat([junk, a, junk, a, junk]));
  t.is(frames.length, 2);
  t.deepEqual(damages, [
    { start: 0, end: 15 },
    { start: 28, end: 43 },
    { start: 56, end: 71 },
  ]);
});

test('a magic inside a payload begins no frame', (t) => {
  const inner = encodeFrame(Buffer.from('a frame within a payload'));
  const { frames, damages } = scan(encodeFrame(inner));
  t.is(frames.length, 1);
  t.is(frames[0]?.start, 0);
  t.deepEqual(damages, []);
});

test('magics in a row hide no frame', (t) => {
  const magic = Buffer.from([0xc1, 0x64, 0x62, 0x31]);
  const frame = encodeFrame(Buffer.from('found'));
  for (const before of [magic, Buffer.concat([magic, magic, magic, magic]), magic.subarray(0, 3)]) {
    const { frames, damages } = scan(Buffer.concat([before, frame]));
    t.deepEqual(
      frames.map(({ start }) => start),
      [before.length],
    );
    t.deepEqual(damages, [{ start: 0, end: before.length }]);
  }
});

test('what may continue in the next piece is kept until then', (t) => {
  const first = encodeFrame(Buffer.from('first'));
  const second = encodeFrame(Buffer.from('second'));
  const bytes = Buffer.concat([first, second]);
  for (let cut = 0; cut < bytes.length; cut += 1) {
    const early = scan(bytes.subarray(0, cut), { atEnd: false });
    t.deepEqual(early.damages, []);
    t.true(early.done <= cut);
    const late = scan(bytes.subarray(early.done), { base: early.done });
    t.deepEqual(
      [...early.frames, ...late.frames].map(({ start, text }) => ({ start, text })),
      [
        { start: 0, text: 'first' },
        { start: first.length, text: 'second' },
      ],
    );
    t.deepEqual(late.damages, []);
  }
});

test('of garbage that came in two parts only the possible beginning of a magic is kept', (t) => {
  const junk = Buffer.from('0123456789abcdef');
  const { damages, done } = scan(junk, { atEnd: false });
  t.true(done >= junk.length - HEADER_BYTES);
  t.deepEqual(damages, [{ start: 0, end: done }]);
});

test('no bytes give no frames and no damage', (t) => {
  t.deepEqual(scan(Buffer.alloc(0)), { frames: [], damages: [], done: 0 });
});

type Found = { start: number; end: number; crc: number; text: string };
type Bytes = { start: number; end: number };

function scan(bytes: Buffer, { base = 0, atEnd = true } = {}): { frames: Found[]; damages: Bytes[]; done: number } {
  const { pieces, done } = findFrames(bytes, base, atEnd);
  const frames = pieces
    .filter((piece) => piece.type === 'frame')
    .map(({ start, end, crc, payload }) => ({ start, end, crc, text: payload.toString() }));
  const damages = pieces.filter((piece) => piece.type === 'damage').map(({ start, end }) => ({ start, end }));
  return { frames, damages, done };
}
