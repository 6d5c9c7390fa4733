import { type Batch, type Engine, EngineAway, type JournalName, NotTheLast, type StoredPiece } from '../engine';
import { type Piece, pieceLine } from '../piece';
import { JOURNALS, PIECE_HEADER, storedPiece, subjectOf, unreadablePiece } from './natsMessages';
import type { NatsRequests } from './natsRequests';

/** The three calls of an engine, by JetStream. */
export class NatsEngine implements Engine {
  constructor(protected readonly requests: NatsRequests) {}

  async lastPiece(of: JournalName): Promise<StoredPiece | undefined> {
    const message = await this.requests.direct(`${JOURNALS}.${subjectOf(of)}`);
    if (message === undefined) return undefined;
    return storedPiece(message) ?? unreadablePiece(of, message);
  }

  async append(of: JournalName, piece: Piece, after: number): Promise<number> {
    const { seq, error } = await this.requests.store(JOURNALS, subjectOf(of), piece.bytes, {
      [PIECE_HEADER]: pieceLine(piece),
      'Nats-Expected-Last-Subject-Sequence': String(after),
    });
    if (error === undefined && typeof seq === 'number') return seq;
    if (WRONG_SEQUENCE.has(error?.err_code ?? 0)) throw new NotTheLast(of);
    throw new EngineAway(error?.description ?? 'what came was not an acknowledgement');
  }

  async readFrom(from: number): Promise<Batch> {
    const { messages, next, atEnd } = await this.requests.directBatch(JOURNALS, from);
    return { pieces: messages.map(storedPiece).filter((one) => one !== undefined), next, atEnd };
  }
}

/** Both mean that the expected sequence is wrong: 10071 names the right one, 10164 does not. */
const WRONG_SEQUENCE = new Set([10071, 10164]);
