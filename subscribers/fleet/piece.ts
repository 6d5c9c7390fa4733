import { fstatSync } from 'node:fs';

import { decodeEnvelope } from '../../journal/file/format/envelope';
import { type Damage, findFrames, type Frame } from '../../journal/file/findFrames';
import { isWholeFrame, LARGEST_FRAME } from '../../journal/file/format/frame';
import { type Journal, readAt } from '../../journal/file/journalFile';

/**
 * A range of bytes of a journal file. The pieces of one branch, one after the other, are the file. A piece ends behind
 * an intact frame. If there is none within {@link MOST_BYTES}, it ends within damaged bytes.
 */
export interface Piece {
  /** 1, 2, 3 …: a new branch begins at byte 0 if the journal is not the one that was published before. */
  readonly branch: number;
  /** Offset of its first byte in the file. */
  readonly from: number;
  readonly bytes: Uint8Array;
  /** The last intact frame that ends in it or before it. */
  readonly frame: LastFrame;
  /** The size of the file when the branch began. Up to there, the branch repeats what the file held then. */
  readonly upTo: number;
}

/** The place of a frame. */
export interface LastFrame {
  readonly start: number;
  /** Its CRC-32. */
  readonly crc: number;
  /** The number of its event; 0 if that cannot be read. */
  readonly seq: number;
}

/** Before the first frame. */
export const NO_FRAME: LastFrame = { start: 0, crc: 0, seq: 0 };

/** Offset behind a piece. */
export function endOf({ from, bytes }: Piece): number {
  return from + bytes.length;
}

/** The size of a piece when much is to be published. Large, because each message has a cost of its own. */
const PIECE_BYTES = 64 * 1024;

/** No piece is longer: by default a server takes messages of at most 1 MiB. */
export const MOST_BYTES = 512 * 1024;

/** The newest events are a piece each, so that the last piece, which hosts ask for, is small. */
const SINGLE_EVENTS = 16;

/** What {@link nextPiece} found. */
export type Cut = Pick<Piece, 'from' | 'bytes' | 'frame'>;

/**
 * The next piece of `journal` from byte `from` on; undefined if no intact frame is there yet. `before` is the last
 * frame before it.
 */
export function nextPiece(journal: Journal, from: number, before: LastFrame): Cut | undefined {
  const { size } = fstatSync(journal.fd);
  for (let most = PIECE_BYTES; from < size; most = Math.min(4 * most, MOST_BYTES)) {
    const room = Buffer.allocUnsafe(Math.min(most, size - from));
    const bytes = room.subarray(0, readAt(journal, room, 0, from));
    const atEnd = from + bytes.length >= size;
    const { pieces, done } = findFrames(bytes, from, false);
    const frames = pieces.filter((one) => one.type === 'frame');
    const last = frames[atEnd ? Math.max(0, frames.length - 1 - SINGLE_EVENTS) : frames.length - 1];
    if (last !== undefined) {
      const { start, crc, end, payload } = last;
      const frame = { start, crc, seq: decodeEnvelope(payload)?.seq ?? 0 };
      return { from, bytes: bytes.subarray(0, end - from), frame };
    }
    if (atEnd) return undefined; // a frame that is being written, or damaged bytes without a frame behind them yet
    if (most === MOST_BYTES) return { from, bytes: bytes.subarray(0, Math.max(done, 1)), frame: before };
  }
  return undefined;
}

/**
 * Whether the journal has `frame` intact, and at least `end` bytes: then a piece with this frame and end is of this
 * journal.
 */
export function holds(journal: Journal, frame: LastFrame, end: number): boolean {
  if (fstatSync(journal.fd).size < end) return false;
  if (frame.start === 0 && frame.crc === 0) return true; // no frame is before it
  const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(end - frame.start, LARGEST_FRAME)));
  return readAt(journal, bytes, 0, frame.start) === bytes.length && isWholeFrame(bytes, frame.crc);
}

/** Enough for most first events. Not more, because a CRC is computed over all that is read. */
const FIRST_BYTES = 512;

/** A ULID. */
export const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** The id of a journal: that of its first event that can be read; undefined while there is none. */
export function journalId(journal: Journal): string | undefined {
  const { size } = fstatSync(journal.fd);
  for (let most = FIRST_BYTES; ; most *= 16) {
    const room = Buffer.allocUnsafe(Math.min(most, size));
    const bytes = room.subarray(0, readAt(journal, room, 0, 0));
    const id = findFrames(bytes, 0, false)
      .pieces.map(idOf)
      .find((one) => one !== undefined);
    if (id !== undefined || bytes.length >= size || most >= MOST_BYTES) return id;
  }
}

function idOf(found: Frame | Damage): string | undefined {
  const recorded = found.type === 'frame' ? decodeEnvelope(found.payload)?.recorded : undefined;
  return recorded === undefined || recorded instanceof Error || !ULID.test(recorded.id) ? undefined : recorded.id;
}

/**
 * The description of a piece without its bytes, in one line: layout, branch, from, start and CRC-32 of the frame, the
 * number of its event, upTo.
 */
export function pieceLine({ branch, from, frame, upTo }: Piece): string {
  return `1 ${branch} ${from} ${frame.start} ${frame.crc.toString(16)} ${frame.seq} ${upTo}`;
}

/** The piece with the description `line`; undefined if that is none. Its numbers are whole and not negative. */
export function parsePiece(line: string, bytes: Uint8Array): Piece | undefined {
  const fields = /^1 (\d{1,15}) (\d{1,15}) (\d{1,15}) ([0-9a-f]{1,8}) (\d{1,15}) (\d{1,15})$/.exec(line);
  if (fields === null || bytes.length === 0) return undefined;
  const number = (place: number): number => Number(fields[place]);
  const frame = { start: number(3), crc: Number.parseInt(fields[4] ?? '', 16), seq: number(5) };
  return { branch: number(1), from: number(2), bytes, frame, upTo: number(6) };
}
