import { crc32 } from './crc32';

/*
 * A frame, all numbers little-endian:
 *
 *   offset  bytes  what
 *        0      4  magic: C1 64 62 31 ("\xC1db1"); 0xC1 is in no UTF-8 text and no msgpack type, the 1 is the layout's version
 *        4      4  length of the payload, 1 to MAX_PAYLOAD
 *        8      4  CRC-32 of the payload
 *       12      …  the payload
 */
const MAGIC = Buffer.from('\xc1db1', 'latin1');
const MAGIC_WORD = 0x31_62_64_c1;

/** Bytes before a frame's payload. */
export const HEADER_BYTES = 12;

/** A longer payload is not written, and a header that claims one is damage. */
export const MAX_PAYLOAD = 64 * 1024;

/** A frame whose checksum is right. Offsets are bytes from the start of the file. */
export interface Frame {
  readonly start: number;
  readonly end: number;
  readonly crc: number;
  /** A view into the scanned buffer: valid until the callback returns. */
  readonly payload: Buffer;
}

/** Bytes that are no frame: from `start` up to `end`. */
export interface Damage {
  readonly start: number;
  readonly end: number;
}

/** The bytes of a frame around `payload`. */
export function encodeFrame(payload: Uint8Array): Buffer {
  if (payload.length > MAX_PAYLOAD)
    throw new RangeError(`A payload of ${payload.length} bytes is too long for a frame`);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  const header = headerOf(frame);
  header.setUint32(0, MAGIC_WORD, true);
  header.setUint32(4, payload.length, true);
  header.setUint32(8, crc32(payload), true);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/** Native, where the methods of Buffer are JavaScript that each process compiles before it uses it. */
function headerOf(frame: Buffer): DataView {
  return new DataView(frame.buffer, frame.byteOffset, HEADER_BYTES);
}

/** The CRC-32 that the frame which begins with these bytes claims to have; undefined when no frame begins so. */
export function frameCrc(frame: Buffer): number | undefined {
  const header = headerOf(frame);
  return header.getUint32(0, true) === MAGIC_WORD ? header.getUint32(8, true) : undefined;
}

/** Bytes of the largest frame. */
export const LARGEST_FRAME = HEADER_BYTES + MAX_PAYLOAD;

/** Whether `bytes` begin with an intact frame that has this CRC-32. */
export function isWholeFrame(bytes: Buffer, crc: number): boolean {
  if (bytes.length < HEADER_BYTES || frameCrc(bytes) !== crc) return false;
  const end = HEADER_BYTES + bytes.readUInt32LE(4);
  return end <= bytes.length && crc32(bytes.subarray(HEADER_BYTES, end)) === crc;
}

/** How many bytes the frame that `bytes` begin with would have; undefined when no frame begins so. The header may be cut off. */
export function tornLength(bytes: Buffer): number | undefined {
  if (bytes.compare(MAGIC, 0, Math.min(bytes.length, MAGIC.length), 0, Math.min(bytes.length, MAGIC.length)) !== 0)
    return undefined;
  if (bytes.length < HEADER_BYTES) return HEADER_BYTES + 1;
  const length = bytes.readUInt32LE(4);
  return length === 0 || length > MAX_PAYLOAD ? undefined : HEADER_BYTES + length;
}

/**
 * Calls `onFrame` and `onDamage`, in file order, for what `bytes` hold; `base` is the offset of their first one in the file.
 * Returns how many bytes are done with. The rest may be the beginning of a frame, and is to be scanned again with what
 * follows it; at the end of the file (`atEnd`) there is no such rest: it is damage, and everything is done with.
 *
 * Behind a frame that is not intact the next one is searched for byte by byte, so a torn frame takes no other with it.
 */
export function scanFrames(
  bytes: Buffer,
  base: number,
  atEnd: boolean,
  onFrame: (frame: Frame) => void,
  onDamage: (damage: Damage) => void,
): number {
  let at = 0;
  let intactTo = 0;
  const damagedUpTo = (end: number): void => {
    if (end > intactTo) onDamage({ start: base + intactTo, end: base + end });
    intactTo = end;
  };
  while (at + HEADER_BYTES <= bytes.length) {
    if (bytes.readUInt32LE(at) !== MAGIC_WORD) {
      const next = bytes.indexOf(MAGIC, at + 1);
      at = next >= 0 ? next : Math.max(at, bytes.length - MAGIC.length + 1);
      if (next < 0) break;
      continue;
    }
    const length = bytes.readUInt32LE(at + 4);
    const end = at + HEADER_BYTES + length;
    if (length === 0 || length > MAX_PAYLOAD) {
      at += 1;
    } else if (end > bytes.length) {
      if (!atEnd) break; // the rest of it is yet to be read
      at += 1; // cut off, but a whole frame may follow the cut
    } else {
      const payload = bytes.subarray(at + HEADER_BYTES, end);
      const crc = bytes.readUInt32LE(at + 8);
      if (crc32(payload) === crc) {
        damagedUpTo(at);
        onFrame({ start: base + at, end: base + end, crc, payload });
        at = intactTo = end;
      } else {
        at += 1;
      }
    }
  }
  if (atEnd) {
    damagedUpTo(bytes.length);
    return bytes.length;
  }
  damagedUpTo(at);
  return at;
}
