import { crc32 } from './format/checksums';
import { claimedBytes, HEADER_BYTES, LARGEST_FRAME, MAGIC, readHeader } from './format/frame';
import { RangeCrcs } from './format/rangeCrcs';

/** A frame whose CRC is right. Offsets are bytes from the start of the file. */
export interface Frame {
  readonly type: 'frame';
  readonly start: number;
  readonly end: number;
  readonly crc: number;
  /** A view into the bytes that were searched. */
  readonly payload: Buffer;
}

/** Bytes that are no frame: from `start` up to `end`. */
export interface Damage {
  readonly type: 'damage';
  readonly start: number;
  readonly end: number;
  /** From here to `end` all bytes are 0. */
  readonly zerosFrom: number;
  /** Where the frame that begins at `start` would end; undefined if none begins there. */
  readonly claimedEnd: number | undefined;
}

/** What stands in a part of a file, in file order. */
export interface Found {
  readonly pieces: readonly (Frame | Damage)[];
  /**
   * How many bytes are done with. The rest may be the beginning of a frame: it is to be searched again together with
   * the bytes that follow it. At the end of the file there is no rest.
   */
  readonly done: number;
}

/**
 * Finds the frames in `bytes`, whose first one has the offset `base` in the file, and what is damaged between them.
 * `atEnd` says that the file ends behind `bytes`.
 *
 * If a frame is not intact, the next one is searched for byte by byte: its length may be what is damaged, and if it
 * was cut off, a whole frame follows the cut. Takes a time that is linear in the bytes, whatever lengths they claim.
 */
export function findFrames(bytes: Buffer, base: number, atEnd: boolean): Found {
  const pieces: (Frame | Damage)[] = [];
  const crcs = new Crcs(bytes);
  let at = 0;
  let done = 0;
  const damagedUpTo = (end: number): void => {
    if (end > done) pieces.push(damageIn(bytes, base, done, end));
    done = end;
  };
  while (at + HEADER_BYTES <= bytes.length) {
    const header = readHeader(bytes, at);
    const end = at + (header?.bytes ?? 0);
    if (header !== undefined && end > bytes.length && !atEnd) break; // the rest of it follows
    if (header !== undefined && end <= bytes.length && crcs.of(at + HEADER_BYTES, end) === header.crc) {
      damagedUpTo(at);
      const payload = bytes.subarray(at + HEADER_BYTES, end);
      pieces.push({ type: 'frame', start: base + at, end: base + end, crc: header.crc, payload });
      at = done = end;
    } else {
      at = nextMagic(bytes, at + 1);
    }
  }
  damagedUpTo(atEnd ? bytes.length : at);
  return { pieces, done };
}

/** Where the next magic stands in `bytes`, or where one may begin that is cut off. */
function nextMagic(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(MAGIC, from);
  return found >= 0 ? found : Math.max(from, bytes.length - MAGIC.length + 1);
}

function damageIn(bytes: Buffer, base: number, start: number, end: number): Damage {
  const claimed = claimedBytes(bytes.subarray(start, Math.min(start + HEADER_BYTES, end)));
  return {
    type: 'damage',
    start: base + start,
    end: base + end,
    zerosFrom: base + zerosFrom(bytes, start, end),
    claimedEnd: claimed && base + start + claimed,
  };
}

const ZEROS = Buffer.alloc(2 * LARGEST_FRAME);

/** Compares halves, and not byte by byte: a file may have gigabytes of zeros. */
function zerosFrom(bytes: Buffer, start: number, end: number): number {
  let [low, from] = [start, end];
  while (low < from) {
    const middle = Math.max((low + from) >> 1, from - ZEROS.length);
    if (ZEROS.subarray(0, from - middle).equals(bytes.subarray(middle, from))) from = middle;
    else low = middle + 1;
  }
  return from;
}

/** Two pieces of damage, the second right behind the first, as one. */
export function joinDamage(first: Damage, second: Damage): Damage {
  const zeros = second.zerosFrom === second.start ? first.zerosFrom : second.zerosFrom;
  return { ...first, end: second.end, zerosFrom: zeros };
}

/**
 * Whether `damage` looks like what a write left that was cut off: the beginning of a frame, or nothing, and zeros
 * behind it.
 */
export function looksCutOff({ start, end, zerosFrom: zeros, claimedEnd }: Damage): boolean {
  return zeros === start || (claimedEnd !== undefined && Math.min(zeros, end) < claimedEnd);
}

/**
 * CRCs of ranges of some bytes. Intact frames do not overlap. Frames that only claim to be there do: once the ranges
 * that were summed up are twice as long as the bytes, {@link RangeCrcs} takes over.
 */
class Crcs {
  #summed = 0;
  #ranges: RangeCrcs | undefined;

  constructor(private readonly bytes: Buffer) {}

  of(from: number, to: number): number {
    this.#summed += to - from;
    if (this.#summed <= 2 * this.bytes.length) return crc32(this.bytes.subarray(from, to));
    this.#ranges ??= new RangeCrcs(this.bytes);
    return this.#ranges.of(from, to);
  }
}
