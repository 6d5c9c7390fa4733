/*
 * CRC-32 is linear: with the CRCs of all beginnings of some bytes, the CRC of any range of them takes a fixed number
 * of steps. Below, a CRC is a polynomial over GF(2), its highest power in bit 0.
 */

const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;
const ALL_BITS = 0xffffffff;

/** What follows from each value of the four bits that are shifted out. */
const remainders = Uint32Array.from({ length: 0x10 }, (_, bits) => {
  let remainder = bits;
  for (let bit = 0; bit < 4; bit += 1) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
  return remainder;
});

/** CRC-32 of `bytes`, one after the other. */
export function tableCrc32(bytes: Uint8Array): number {
  let crc = ALL_BITS;
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator has to warm up, and one event is short
  for (let at = 0; at < bytes.length; at += 1) {
    crc ^= bytes[at] ?? 0;
    crc = (crc >>> 4) ^ (remainders[crc & 0xf] ?? 0);
    crc = (crc >>> 4) ^ (remainders[crc & 0xf] ?? 0);
  }
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

function shiftedByOneByte(crc: number): number {
  const half = (crc >>> 4) ^ (remainders[crc & 0xf] ?? 0);
  return ((half >>> 4) ^ (remainders[half & 0xf] ?? 0)) >>> 0;
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
