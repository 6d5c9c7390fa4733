import { crc32 } from './checksums';

/*
 * A frame, all numbers little-endian:
 *
 *   offset  bytes  what
 *        0      4  magic: C1 64 62 31 ("\xC1db1"); 0xC1 is in no UTF-8 text and no msgpack type,
 *                   the 1 is the layout's version
 *        4      4  length of the payload, 1 to MAX_PAYLOAD
 *        8      4  CRC-32 of the payload
 *       12      …  the payload
 */
export const MAGIC = Buffer.from('\xc1db1', 'latin1');
const MAGIC_WORD = 0x31_62_64_c1;

/** Bytes before a frame's payload. */
export const HEADER_BYTES = 12;

/** A longer payload is not written, and a header that claims one is damage. */
export const MAX_PAYLOAD = 64 * 1024;

/** Bytes of the largest frame. */
export const LARGEST_FRAME = HEADER_BYTES + MAX_PAYLOAD;

/** What the bytes before a payload say. */
export interface Header {
  /** Bytes of the whole frame. */
  readonly bytes: number;
  readonly crc: number;
}

/** The bytes of a frame around `payload`. Throws RangeError if that is empty or longer than {@link MAX_PAYLOAD}. */
export function encodeFrame(payload: Uint8Array): Buffer {
  if (payload.length === 0 || payload.length > MAX_PAYLOAD)
    throw new RangeError(`A payload of ${payload.length} bytes is too long for a frame`);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  frame.writeUInt32LE(MAGIC_WORD, 0);
  frame.writeUInt32LE(payload.length, 4);
  frame.writeUInt32LE(crc32(payload), 8);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/** The header that stands at offset `at` of `bytes`; undefined if no frame begins there. */
export function readHeader(bytes: Buffer, at = 0): Header | undefined {
  if (at + HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== MAGIC_WORD) return undefined;
  const length = bytes.readUInt32LE(at + 4);
  if (length === 0 || length > MAX_PAYLOAD) return undefined;
  return { bytes: HEADER_BYTES + length, crc: bytes.readUInt32LE(at + 8) };
}

/** Whether `bytes` begin with an intact frame that has this CRC-32. */
export function isWholeFrame(bytes: Buffer, crc: number): boolean {
  const header = readHeader(bytes);
  if (header?.crc !== crc || header.bytes > bytes.length) return false;
  return crc32(bytes.subarray(HEADER_BYTES, header.bytes)) === crc;
}

/**
 * How many bytes the frame that begins with `bytes` would have, if these are its first ones and the rest was not
 * written; undefined if no frame begins so. Of a header that is not whole, only one byte more than a header is
 * certain.
 */
export function claimedBytes(bytes: Buffer): number | undefined {
  if (bytes.length >= HEADER_BYTES) return readHeader(bytes)?.bytes;
  const magic = bytes.subarray(0, MAGIC.length);
  return magic.equals(MAGIC.subarray(0, magic.length)) ? HEADER_BYTES + 1 : undefined;
}
