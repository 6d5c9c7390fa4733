import { findFrames } from './findFrames';
import { LARGEST_FRAME } from './frame';
import { type Journal, readAt } from './journalFile';

/*
 * A journal copied in pieces: each piece is a range of its bytes that ends behind an intact frame. All pieces one
 * after the other are the file, byte for byte.
 */

/** The bytes `from` up to `to` of a journal. */
export interface Piece {
  readonly from: number;
  readonly to: number;
}

/**
 * The longest piece that begins at offset `from` and has at most `limit` bytes, or, if the first intact frame ends
 * beyond that, the piece that ends behind it. Debris before a frame belongs to the piece. Undefined if no intact frame
 * follows yet: a write may be going on. Throws `JournalNotReadable`.
 */
export function pieceFrom(journal: Journal, from: number, limit: number): Piece | undefined {
  let to: number | undefined;
  let buffer: Buffer = Buffer.alloc(0);
  for (let position = from, atEnd = false; !atEnd;) {
    const chunk = Buffer.allocUnsafe(LARGEST_FRAME);
    const count = readAt(journal, chunk, 0, position + buffer.length);
    atEnd = count === 0;
    buffer = Buffer.concat([buffer, chunk.subarray(0, count)]);
    const { pieces, done } = findFrames(buffer, position, atEnd);
    for (const piece of pieces) {
      if (piece.type === 'damage') continue;
      if (to !== undefined && piece.end - from > limit) return { from, to };
      to = piece.end;
    }
    position += done;
    buffer = buffer.subarray(done);
  }
  return to === undefined ? undefined : { from, to };
}
