import type { Fleet, StoredState, StreamState } from '../../../subscribers/fleet/bulletin';
import {
  type Batch,
  EngineAway,
  type JournalName,
  NotTheLast,
  type StoredPiece,
} from '../../../subscribers/fleet/engine';
import { type Piece } from '../../../subscribers/fleet/piece';

/** An engine in memory that does what the real one promises, and fails where a specification says so. */
export class MemoryFleet implements Fleet {
  readonly version = '2.11.0';
  readonly closed = new Promise<void>(() => undefined);
  pieces: StoredPiece[] = [];
  states: StoredState[] = [];
  created = '2026-04-30T13:50:00Z';
  /** What the next appends do beside what is asked. */
  readonly accidents: ('away' | 'acknowledgement is lost')[] = [];
  readonly asked: unknown[] = [];
  /** How often pieces were read. */
  reads = 0;
  #sequence = 0;

  lastPiece(of: JournalName): Promise<StoredPiece | undefined> {
    return Promise.resolve(this.of(of).at(-1));
  }

  append(of: JournalName, piece: Piece, after: number): Promise<number> {
    const accident = this.accidents.shift();
    if (accident === 'away') return Promise.reject(new EngineAway('no leader'));
    if ((this.of(of).at(-1)?.sequence ?? 0) !== after) return Promise.reject(new NotTheLast(of));
    this.#sequence += 1;
    this.pieces.push({ of, piece: { ...piece, bytes: Buffer.from(piece.bytes) }, sequence: this.#sequence });
    if (accident === 'acknowledgement is lost') return Promise.reject(new EngineAway('timeout'));
    return Promise.resolve(this.#sequence);
  }

  readFrom(from: number): Promise<Batch> {
    this.reads += 1;
    const pieces = this.pieces.filter(({ sequence }) => sequence >= from).slice(0, 3);
    const next = (pieces.at(-1)?.sequence ?? from - 1) + 1;
    return Promise.resolve({ pieces, next, atEnd: next > (this.pieces.at(-1)?.sequence ?? 0) });
  }

  publishState(host: string, about: string, state: object): Promise<void> {
    this.states = this.states.filter((one) => one.host !== host || one.about !== about);
    this.#sequence += 1;
    this.states.push({ host, about, state, sequence: this.#sequence, at: 0 });
    return Promise.resolve();
  }

  statesFrom(from: number): Promise<{ states: StoredState[]; next: number }> {
    const states = this.states.filter(({ sequence }) => sequence >= from);
    return Promise.resolve({ states, next: (states.at(-1)?.sequence ?? from - 1) + 1 });
  }

  streamState(): Promise<StreamState> {
    const last = this.pieces.at(-1);
    // of two pieces of one place in the stream one was stored later than the other
    const time =
      last === undefined ? '' : String(this.#times.get(last) ?? this.#times.set(last, ++this.#clock).get(last));
    return Promise.resolve({ created: this.created, last: last?.sequence ?? 0, time });
  }

  readonly #times = new WeakMap<StoredPiece, number>();
  #clock = 0;

  ask(question: object): Promise<unknown[]> {
    this.asked.push(question);
    return Promise.resolve([]);
  }

  answer(): void {
    return undefined;
  }

  onNews(): void {
    return undefined;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** What is stored of a journal. */
  of({ host, journal }: JournalName): StoredPiece[] {
    return this.pieces.filter(({ of }) => of.host === host && of.journal === journal);
  }

  /** Everything that is stored, as it would have come into being with the last `count` pieces lost. */
  forgetTail(count: number): void {
    this.pieces.splice(this.pieces.length - count);
    this.#sequence = this.pieces.at(-1)?.sequence ?? 0;
  }
}
