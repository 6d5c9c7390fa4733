import type { Engine } from './engine';

/**
 * Which stream this is, and its length. A reader can see from it that the stream was made again, or has lost its
 * end.
 */
export interface StreamState {
  /** When it was made, as the engine writes it. */
  readonly created: string;
  /** Sequence number of the last piece; 0 if the stream is empty. */
  readonly last: number;
  /** When that piece was stored, as the engine writes it. */
  readonly time: string;
}

/** A state that a host has published. The stream keeps the last one of each subject. */
export interface StoredState {
  readonly host: string;
  /** The id of the journal that it is about; `host` for the host itself. */
  readonly about: string;
  readonly state: unknown;
  readonly sequence: number;
  /** When the engine stored it, ms since the epoch. */
  readonly at: number;
}

/** Messages between hosts and readers that are no part of the history. */
export interface Bulletin {
  /** Publishes the state of `about`, which replaces the one before it. */
  publishState(host: string, about: string, state: object): Promise<void>;
  /** The states that were published from sequence number `from` on. */
  statesFrom(from: number): Promise<{ readonly states: readonly StoredState[]; readonly next: number }>;
  streamState(): Promise<StreamState>;
  /**
   * Asks every host. Resolves to the answers that come within `ms`, or earlier if `enough` is true for those that have
   * come. The field `host` of an answer is the host that gave it, whatever it says.
   */
  ask(question: object, ms: number, enough: (answers: readonly unknown[]) => boolean): Promise<unknown[]>;
  /** Answers questions as `host` until the connection is closed. If `respond` returns undefined, no answer is sent. */
  answer(host: string, respond: (question: unknown) => object | undefined): void;
  /** Calls `wake` when a piece or a state may have been published. */
  onNews(wake: () => void): void;
}

/** A connection to the engine. */
export interface Fleet extends Engine, Bulletin {
  /** Version of the server's program. */
  readonly version: string;
  /** Resolves when the connection is lost for good, or closed. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}
