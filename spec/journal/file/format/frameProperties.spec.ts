import test from 'ava';
import fc from 'fast-check';

import { findFrames } from '../../../../journal/file/findFrames';
import { encodeFrame, HEADER_BYTES } from '../../../../journal/file/format/frame';

/** What stands in a file, piece by piece. */
type Piece =
  { readonly payload: Uint8Array; readonly bytes: Buffer } | { readonly payload?: never; readonly bytes: Buffer };

const MAGIC = [0xc1, 0x64, 0x62, 0x31];
const runs = process.env['SOAK'] === '1' ? 20_000 : 1_000;

const payload = fc.uint8Array({ minLength: 1, maxLength: 300, size: 'max' });
const frame = payload.map((some): Piece => ({ payload: some, bytes: encodeFrame(some) }));

/** Bytes in which no magic can begin. */
const plainGarbage = fc
  .uint8Array({ minLength: 1, maxLength: 60, size: 'max' })
  .map((some): Piece => ({ bytes: Buffer.from(some.map((byte) => (byte === MAGIC[0] ? 0 : byte))) }));

/** Behind the cut stands another byte than the one that is missing: what follows does not make it whole by chance. */
const torn = fc
  .tuple(payload, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }))
  .map(([some, part]): Piece => {
    const bytes = encodeFrame(some);
    const cut = 1 + Math.floor(part * (bytes.length - 1));
    bytes.writeUInt8(bytes.readUInt8(cut) ^ 0xff, cut);
    return { bytes: bytes.subarray(0, cut + 1) };
  });

const flipped = fc.tuple(payload, fc.nat()).map(([some, bit]): Piece => {
  const bytes = encodeFrame(some);
  const at = bit % (8 * bytes.length);
  bytes.writeUInt8(bytes.readUInt8(at >> 3) ^ (1 << (at & 7)), at >> 3);
  return { bytes };
});

/** A header that claims anything, and what looks like more of them. */
const liar = fc
  .tuple(fc.nat(70_000), fc.nat(), fc.uint8Array({ maxLength: 40, size: 'max' }))
  .map(([length, crc, rest]): Piece => {
    const bytes = Buffer.concat([Buffer.from(MAGIC), Buffer.alloc(8), rest]);
    bytes.writeUInt32LE(length, 4);
    bytes.writeUInt32LE(crc, 8);
    return { bytes };
  });

const withPlainGarbage = fc.array(fc.oneof(frame, plainGarbage), { maxLength: 12, size: 'max' });
const withAnyGarbage = fc.array(fc.oneof(frame, frame, plainGarbage, torn, flipped, liar), {
  maxLength: 12,
  size: 'max',
});

test('every intact frame is found between garbage, and nothing else', (t) => {
  fc.assert(
    fc.property(withPlainGarbage, (pieces) => {
      t.deepEqual(scan(bytesOf(pieces)), expected(pieces));
    }),
    { numRuns: runs },
  );
});

test('torn and damaged frames, and false headers, hide no intact frame, and are not shown', (t) => {
  fc.assert(
    fc.property(withAnyGarbage, (pieces) => {
      t.deepEqual(scan(bytesOf(pieces)).frames, expected(pieces).frames);
    }),
    { numRuns: runs },
  );
});

test('a file that is cut anywhere shows the frames before the cut', (t) => {
  fc.assert(
    fc.property(withAnyGarbage, fc.nat(), (pieces, at) => {
      const bytes = bytesOf(pieces);
      const cut = at % (bytes.length + 1);
      const before = expected(pieces).frames.filter(({ end }) => end <= cut);
      t.deepEqual(scan(bytes.subarray(0, cut)).frames, before);
    }),
    { numRuns: runs },
  );
});

test('a file gives the same frames in whatever pieces it is read', (t) => {
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(withAnyGarbage, sizes, (pieces, chunks) => {
      const bytes = bytesOf(pieces);
      t.deepEqual(scanInChunks(bytes, chunks), scan(bytes));
    }),
    { numRuns: runs },
  );
});

test('frames and reported damage together cover the whole file', (t) => {
  fc.assert(
    fc.property(withAnyGarbage, (pieces) => {
      const bytes = bytesOf(pieces);
      const { frames, damages } = scan(bytes);
      const parts = [...frames, ...damages].sort((a, b) => a.start - b.start);
      t.is(
        parts.reduce((at, { start, end }) => (start === at ? end : NaN), 0),
        bytes.length,
      );
    }),
    { numRuns: runs },
  );
});

interface Range {
  readonly start: number;
  readonly end: number;
}

interface Scanned {
  readonly frames: (Range & { readonly payload: string })[];
  readonly damages: Range[];
}

function bytesOf(pieces: readonly Piece[]): Buffer {
  return Buffer.concat(pieces.map(({ bytes }) => bytes));
}

function expected(pieces: readonly Piece[]): Scanned {
  const frames: Scanned['frames'] = [];
  const damages: Range[] = [];
  let at = 0;
  for (const piece of pieces) {
    const [start, end] = [at, at + piece.bytes.length];
    const last = damages.at(-1);
    if (piece.payload) frames.push({ start, end, payload: Buffer.from(piece.payload).toString('hex') });
    else if (last?.end === start) damages.splice(-1, 1, { start: last.start, end });
    else damages.push({ start, end });
    at = end;
  }
  return { frames, damages };
}

function scan(bytes: Buffer): Scanned {
  return scanInChunks(bytes, [bytes.length + 1]);
}

/** As a reader does that gets the file in chunks of these sizes, and then of the last one. */
function scanInChunks(bytes: Buffer, sizes: readonly number[]): Scanned {
  const frames: Scanned['frames'] = [];
  const damages: Range[] = [];
  let [base, read] = [0, 0];
  for (let n = 0; ; n += 1) {
    const count = Math.min(sizes[n] ?? sizes.at(-1) ?? 1, bytes.length - read);
    read += count;
    const { pieces, done } = findFrames(bytes.subarray(base, read), base, count === 0);
    for (const piece of pieces) {
      const { type, start, end } = piece;
      const last = damages.at(-1);
      if (type === 'frame') frames.push({ start, end, payload: piece.payload.toString('hex') });
      else if (last?.end === start) damages.splice(-1, 1, { start: last.start, end });
      else damages.push({ start, end });
    }
    if (count === 0) return { frames, damages };
    if (done > read - base || read - base - done > HEADER_BYTES + 70_000)
      throw new Error('it keeps what it is done with');
    base += done;
  }
}
