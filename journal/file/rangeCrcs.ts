/*
 * CRC-32 is linear: with the CRCs of all beginnings of some bytes, the CRC of any range of them takes a fixed number
 * of steps. Below, a CRC is a polynomial over GF(2), its highest power in bit 0.
 */

const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;
const ALL_BITS = 0xffffffff;

/** CRC-32 of `bytes`, one after the other. */
export function tableCrc32(bytes: Uint8Array): number {
  let crc = ALL_BITS;
  for (const byte of bytes) crc = shiftedByOneByte(crc ^ byte);
  return (crc ^ ALL_BITS) >>> 0;
}

/** The CRC-32 of any range of some bytes, each in the same short time, however much the ranges overlap. */
export class RangeCrcs {
  /** `#before[n]` is the CRC of the first n bytes, begun at 0. */
  readonly #before: Uint32Array;

  constructor(bytes: Uint8Array) {
    this.#before = new Uint32Array(bytes.length + 1);
    let crc = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      crc = shiftedByOneByte(crc ^ (bytes[at] ?? 0));
      this.#before[at + 1] = crc;
    }
  }

  /** The CRC-32 of the bytes `from` up to `to`. */
  of(from: number, to: number): number {
    const begun = ((this.#before[from] ?? 0) ^ ALL_BITS) >>> 0;
    return ((this.#before[to] ?? 0) ^ product(begun, shiftOf(to - from)) ^ ALL_BITS) >>> 0;
  }
}

/** What follows from each value of the byte that is shifted out. */
const remainders = new Uint32Array(0x100);
for (let byte = 0; byte < remainders.length; byte += 1) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit += 1) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
  remainders[byte] = remainder;
}

function shiftedByOneByte(crc: number): number {
  return ((crc >>> 8) ^ (remainders[crc & 0xff] ?? 0)) >>> 0;
}

/** `shifts[n]` is what a CRC is multiplied by when n bytes follow. */
const shifts: number[] = [ONE];

function shiftOf(bytes: number): number {
  while (shifts.length <= bytes) shifts.push(shiftedByOneByte(shifts.at(-1) ?? ONE));
  return shifts[bytes] ?? ONE;
}

function product(a: number, b: number): number {
  let sum = 0;
  for (let rest = a, factor = b; rest !== 0; rest = (rest << 1) >>> 0) {
    if (rest & ONE) sum ^= factor;
    factor = factor & 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1;
  }
  return sum >>> 0;
}
