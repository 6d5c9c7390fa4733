import type { Piece } from './piece';

/** A journal as the fleet knows it. Both ids are ULIDs, and safe as parts of a subject and of a path. */
export interface JournalName {
  /** The host, as `fleet:join` named it. */
  readonly host: string;
  /** The event id of the journal's first event. */
  readonly journal: string;
}

/**
 * A piece as it is stored, with its place in the stream (1, 2, 3 …, with gaps where the engine has lost something).
 */
export interface StoredPiece {
  readonly of: JournalName;
  readonly piece: Piece;
  readonly sequence: number;
}

/** Some of the stream. */
export interface Batch {
  readonly pieces: readonly StoredPiece[];
  /** Where reading goes on. */
  readonly next: number;
  /** Nothing was stored behind it when it was read. */
  readonly atEnd: boolean;
}

/**
 * What the fleet needs of a replicated log: these three calls. Every append waits for its acknowledgement, which must
 * not come before the piece is on disk. All of them reject with {@link EngineAway} when the engine does not answer.
 */
export interface Engine {
  /** The last piece of a journal; undefined when none is stored. */
  lastPiece(of: JournalName): Promise<StoredPiece | undefined>;
  /**
   * Appends a piece if the last one of that journal is still the one at `after` (0: there is none); resolves to its
   * sequence number. Rejects with {@link NotTheLast} otherwise.
   */
  append(of: JournalName, piece: Piece, after: number): Promise<number>;
  /** Reads from sequence number `from` on, about 4 MiB at a time. What is no piece is left out. */
  readFrom(from: number): Promise<Batch>;
}

/** The engine does not answer now: no connection, no leader, a time-out. Trying again later helps. */
export class EngineAway extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'EngineAway';
  }
}

/** Another piece of that journal has been stored since: the place has to be asked for again. */
export class NotTheLast extends Error {
  constructor(of: JournalName) {
    super(`another piece of ${of.journal} was stored`);
    this.name = 'NotTheLast';
  }
}
