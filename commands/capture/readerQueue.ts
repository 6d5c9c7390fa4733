import { countLines, endOfLine, endsLine } from './lines';
import { within } from './within';

/** A reader of the command's output, with a speed of its own. */
export interface Reader {
  /** Resolves when the bytes are taken. Rejects if the reader is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the output. Resolves when the reader has ended, at the latest after `patience` ms. */
  end(patience: number): Promise<void>;
  /** Why the output could not be written; undefined if it was, or if the reader has closed its end. */
  failure(): string | undefined;
}

/** What a reader has not taken when the output has ended. */
export interface Unread {
  /** True if a write to it is pending, which keeps this process alive. */
  readonly isWaitedFor: boolean;
  readonly lines: number;
  /** Why the output could not be written. */
  readonly failure: string | undefined;
}

/** Maximum number of bytes that are kept for one reader. */
const LIMIT_BYTES = 8 * 1024 * 1024;

/** How long a reader may take nothing after the end of the output, before the rest is dropped. */
const PATIENCE_MS = 5000;

/**
 * The output that a reader has not taken yet. A slow reader holds up nothing: if the queue is full, whole lines are
 * left out, and one line replaces them, which `note` makes from their number.
 */
export class ReaderQueue {
  readonly #queue: Buffer[] = [];
  #bytes = 0;
  /** True if the last line that was kept has its line break. */
  #isWhole = true;
  /** The output that is being left out; undefined if none is. */
  #leftOut: { lines: number; isWhole: boolean } | undefined;
  #isGone = false;
  #writing: Promise<void> | undefined;

  constructor(
    private readonly reader: Reader,
    private readonly note: (lines: number) => string,
  ) {}

  /** Gives the reader a copy of `bytes`, now or later. */
  add(bytes: Uint8Array): void {
    let rest = bytes;
    if (this.#leftOut === undefined) {
      if (this.#bytes + bytes.length <= LIMIT_BYTES) {
        this.#keep(bytes);
        return;
      }
      const begun = this.#isWhole ? 0 : endOfLine(bytes);
      this.#keep(bytes.subarray(0, begun));
      this.#leftOut = { lines: 0, isWhole: true };
      rest = bytes.subarray(begun);
    }
    const hasRoom = this.#bytes <= LIMIT_BYTES / 2;
    const end = !hasRoom ? rest.length : this.#leftOut.isWhole ? 0 : endOfLine(rest);
    this.#leaveOut(rest.subarray(0, end));
    if (!hasRoom || !this.#leftOut.isWhole) return;
    this.#keepNote(this.#leftOut.lines);
    this.#keep(rest.subarray(end));
  }

  /**
   * Ends the output. Resolves when the reader has taken everything or is gone, when it has taken nothing for
   * {@link PATIENCE_MS}, and at the latest after `most` ms.
   */
  async end(most = Infinity): Promise<Unread> {
    const until = performance.now() + most;
    if (this.#leftOut !== undefined) this.#keepNote(this.#leftOut.lines + (this.#leftOut.isWhole ? 0 : 1));
    for (let left = Infinity; this.#writing !== undefined && this.#bytes < left && performance.now() < until;) {
      left = this.#bytes;
      await within(PATIENCE_MS, this.#writing);
    }
    const isWaitedFor = this.#writing !== undefined;
    const lines = this.#queue.reduce((count, bytes) => count + countLines(bytes), 0);
    this.#isGone = true;
    await this.reader.end(isWaitedFor ? 0 : PATIENCE_MS);
    return { isWaitedFor, lines, failure: this.reader.failure() };
  }

  #leaveOut(bytes: Uint8Array): void {
    if (this.#leftOut === undefined || bytes.length === 0) return;
    this.#leftOut.lines += countLines(bytes);
    this.#leftOut.isWhole = endsLine(bytes);
  }

  #keepNote(lines: number): void {
    this.#leftOut = undefined;
    if (lines > 0) this.#keep(Buffer.from(`${this.#isWhole ? '' : '\n'}${this.note(lines)}\n`));
  }

  #keep(bytes: Uint8Array): void {
    if (this.#isGone || bytes.length === 0) return;
    this.#queue.push(Buffer.from(bytes));
    this.#bytes += bytes.length;
    this.#isWhole = endsLine(bytes);
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    try {
      for (let next; !this.#isGone && (next = this.#queue[0]) !== undefined;) {
        await this.reader.write(next);
        this.#queue.shift();
        this.#bytes -= next.length;
      }
    } catch {
      this.#isGone = true; // it has closed its end; the other readers go on
      this.#queue.length = 0;
    }
    this.#writing = undefined;
  }
}
