import { isDeepStrictEqual } from 'node:util';

import type { Checkpoint } from '../../journal/checkpoint';
import type { Envelope } from '../../journal/file/format/envelope';
import type { Frame } from '../../journal/file/findFrames';
import { type Head, START } from '../../journal/file/journalFile';
import type { Problem } from '../../journal/file/readJournal';
import type { History } from '../../journal/history';

/**
 * Compares a checkpoint with its journal while the journal is read from the first byte: the history, and the position
 * where readers continue. If the checkpoint names a later offset, readers that use it miss the events before that.
 */
export class CheckpointComparison {
  readonly #stored: Checkpoint;
  /** Where the last event at or before the checkpoint's stands. */
  #position: Omit<Head, 'end'> = START;
  /** A reader that had come to that event can have stopped where the checkpoint says. */
  #endFits: boolean;
  #sameHistory: boolean | undefined;
  /** An event behind the checkpoint's was met. */
  #passed = false;

  constructor(stored: Checkpoint) {
    this.#stored = stored;
    this.#endFits = stored.head.end === START.end;
  }

  /** To be called with every frame of an event, as a `Sink` is. */
  frame({ seq, link }: Envelope, { start, end, crc }: Frame, counts: boolean): void {
    if (counts && seq > this.#stored.head.seq) this.#passed = true;
    if (this.#passed) return;
    if (counts) this.#position = { seq, start, crc, readTo: link.readTo };
    this.#endFits = end === this.#stored.head.end || (!counts && this.#endFits);
  }

  /** To be called with every problem. Readers also skip an intact frame that is not an event. */
  problem(problem: Problem): void {
    if (problem.type !== 'damage' || problem.tail || this.#passed) return;
    this.#endFits ||= problem.end === this.#stored.head.end;
  }

  /** To be called before event `seq` is applied to `folded`, the history of the events before it. */
  event(seq: number, folded: History): void {
    if (seq > this.#stored.head.seq) this.#compare(folded);
  }

  /** What is wrong; undefined if the checkpoint is right. `folded` is the history of all events. */
  outcome(folded: History): 'position' | 'history' | undefined {
    this.#compare(folded);
    const { end: _, ...position } = this.#stored.head;
    if (!isDeepStrictEqual(position, this.#position) || !this.#endFits) return 'position';
    return this.#sameHistory === true ? undefined : 'history';
  }

  /** The order of fields does not matter. */
  #compare(folded: History): void {
    this.#sameHistory ??= isDeepStrictEqual(plain(this.#stored.history), plain(folded));
  }
}

/** Without the objects that immer puts around a draft, and without fields that are undefined. */
function plain(history: History): unknown {
  return JSON.parse(JSON.stringify(history));
}
