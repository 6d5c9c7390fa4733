import type { Envelope } from '../../journal/file/envelope';
import type { Frame } from '../../journal/file/findFrames';
import type { History } from '../../journal/history';
import { type Head, START } from '../../journal/file/journalFile';
import type { Problem } from '../../journal/file/readJournal';
import type { Checkpoint } from '../../journal/checkpoint';

/**
 * Compares a checkpoint with the journal beside it while that is read from its first byte: not only what it says, but from where it
 * lets readers go on. One that names a later offset hides the events before that from them.
 */
export class CheckpointComparison {
  /** Where the last event at or before the checkpoint's stands. */
  private position: Omit<Head, 'end'> = START;
  /** Somebody who had read up to that event can have stopped where the checkpoint says. */
  private endFits: boolean;
  private sameHistory: boolean | undefined;
  /** An event behind the checkpoint's was met. */
  private passed = false;

  constructor(private readonly stored: Checkpoint) {
    this.endFits = stored.head.end === START.end;
  }

  /** To be called with every frame of an event, as a `Sink` is. */
  frame({ seq, link }: Envelope, { start, end, crc }: Frame, counts: boolean): void {
    if (counts && seq > this.stored.head.seq) this.passed = true;
    if (this.passed) return;
    if (counts) this.position = { seq, start, crc, readTo: link.readTo };
    this.endFits = end === this.stored.head.end || (!counts && this.endFits);
  }

  /** To be called with every problem. Readers pass over an intact frame that is no event, too. */
  problem(problem: Problem): void {
    if (problem.type === 'damage' && !problem.tail && !this.passed)
      this.endFits ||= problem.end === this.stored.head.end;
  }

  /** To be called before event `seq` is applied to what the events before it come to. */
  event(seq: number, folded: History): void {
    if (seq > this.stored.head.seq) this.compare(folded);
  }

  /** What does not fit; undefined when the checkpoint is true. `folded` is what all events come to. */
  outcome(folded: History): 'position' | 'history' | undefined {
    this.compare(folded);
    const { seq, start, crc, readTo } = this.stored.head;
    const { position } = this;
    const fits = position.seq === seq && position.start === start && position.crc === crc && position.readTo === readTo;
    if (!fits || !this.endFits) return 'position';
    return this.sameHistory === true ? undefined : 'history';
  }

  private compare(folded: History): void {
    this.sameHistory ??= JSON.stringify(this.stored.history) === JSON.stringify(folded);
  }
}
