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

/** A part of the stream. */
export interface Batch {
  readonly pieces: readonly StoredPiece[];
  /** The sequence number to read from next. */
  readonly next: number;
  /** Whether it ends with the last piece of the stream. */
  readonly atEnd: boolean;
}

/**
 * The three calls that the fleet needs of a replicated log. An append resolves when it is acknowledged, which must not
 * be before the piece is on disk. All calls reject with {@link EngineAway} if the engine does not answer.
 */
export interface Engine {
  /** The last piece of a journal; undefined when none is stored. */
  lastPiece(of: JournalName): Promise<StoredPiece | undefined>;
  /**
   * Appends a piece if the last one of that journal is still the one at `after` (0: there is none); resolves to its
   * sequence number. Rejects with {@link NotTheLast} otherwise.
   */
  append(of: JournalName, piece: Piece, after: number): Promise<number>;
  /** Reads from sequence number `from` on, about 4 MiB at a time. Leaves out messages that are not pieces. */
  readFrom(from: number): Promise<Batch>;
}

/** The longest pause before an engine that is away is asked again. */
export const LONGEST_PAUSE_MS = 300_000;

/** The engine does not answer now: no connection, no leader, a time-out. Try again later. */
export class EngineAway extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'EngineAway';
  }
}

/** Another piece of that journal was stored: ask for the last piece again. */
export class NotTheLast extends Error {
  constructor(of: JournalName) {
    super(`another piece of ${of.journal} was stored`);
    this.name = 'NotTheLast';
  }
}
