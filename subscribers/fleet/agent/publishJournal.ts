import { fdatasync, fstatSync } from 'node:fs';
import { promisify } from 'node:util';

import { closeJournal, type Journal, openJournal } from '../../../journal/file/journalFile';
import { type Engine, type JournalName, NotTheLast } from '../engine';
import { endOf, holds, journalId, type LastFrame, nextPiece, NO_FRAME } from '../piece';

/** How much of a journal is in the stream. */
interface Place {
  readonly journal: string;
  /** Sequence number of its last piece; 0 before the first. */
  readonly after: number;
  readonly branch: number;
  /** Offset behind that piece in the file. */
  readonly end: number;
  readonly frame: LastFrame;
  readonly upTo: number;
}

/** The result of a step. */
export type Step =
  /** A piece of `bytes` was published. */
  | { readonly type: 'published'; readonly bytes: number }
  /** Nothing is left to publish. */
  | { readonly type: 'done' }
  /** Another process has published the same journal: the next step asks the stream for the place again. */
  | { readonly type: 'conflict' }
  /** There is no journal, or no event in it can be read. */
  | { readonly type: 'none' };

const sync = promisify(fdatasync);

/**
 * Publishes one journal, a piece at a time. The stream says how far it is published. It is asked at the beginning, and
 * after each conflict or error; no file of this host stores it.
 */
export class JournalPublisher {
  #place: Place | undefined;
  #fromStart = 0;

  constructor(
    private readonly engine: Engine,
    private readonly host: string,
    private readonly path: string,
  ) {}

  /** Makes the next step ask the stream how far the journal is published. */
  askAgain(): void {
    this.#place = undefined;
  }

  /** Makes the next step publish from byte 0 again, if the last piece in the stream still belongs to `branch`. */
  publishAgain(branch: number): void {
    this.#fromStart = branch;
    this.#place = undefined;
  }

  /**
   * Publishes the next piece. Rejects with `EngineAway`, `JournalNotReadable` and system errors; it can then be called
   * again.
   */
  async step(): Promise<Step> {
    const journal = openJournal(this.path);
    if (journal === undefined) return { type: 'none' };
    try {
      const id = journalId(journal);
      if (id === undefined) return { type: 'none' };
      return await this.publishNext(journal, { host: this.host, journal: id });
    } finally {
      closeJournal(journal);
    }
  }

  private async publishNext(journal: Journal, of: JournalName): Promise<Step> {
    let place = this.#place;
    if (place?.journal !== of.journal || !holds(journal, place.frame, place.end)) {
      place = this.#place = await this.placeIn(journal, of);
    }
    const cut = nextPiece(journal, place.end, place.frame);
    if (cut === undefined) return { type: 'done' };
    await sync(journal.fd); // a power cut must not undo here what was published
    const { branch, upTo, after } = place;
    const piece = { ...cut, branch, upTo };
    try {
      const sequence = await this.engine.append(of, piece, after);
      this.#place = { ...place, after: sequence, end: endOf(piece), frame: piece.frame };
      return { type: 'published', bytes: piece.bytes.length };
    } catch (error) {
      this.#place = undefined; // an append that was not acknowledged may have been stored all the same
      if (error instanceof NotTheLast) return { type: 'conflict' };
      throw error;
    }
  }

  private async placeIn(journal: Journal, of: JournalName): Promise<Place> {
    const last = await this.engine.lastPiece(of);
    const { size } = fstatSync(journal.fd);
    const start = { journal: of.journal, end: 0, frame: NO_FRAME, upTo: size };
    if (last === undefined) return { ...start, after: 0, branch: 1 };
    const { piece, sequence } = last;
    const again = this.#fromStart === piece.branch;
    this.#fromStart = 0;
    if (again || !holds(journal, piece.frame, endOf(piece)))
      return { ...start, after: sequence, branch: piece.branch + 1 };
    const { branch, frame, upTo } = piece;
    return { journal: of.journal, after: sequence, branch, end: endOf(piece), frame, upTo };
  }
}
