import { countLines } from './lines';

/** The last bytes of a stream, in a ring. */
export class TailBuffer {
  readonly #ring: Buffer;
  /** Where the next byte goes; once the ring is full, the oldest one is there. */
  #at = 0;
  #isFull = false;
  #lost = { bytes: 0, lines: 0 };

  constructor(readonly capacity: number) {
    this.#ring = Buffer.allocUnsafe(capacity);
  }

  /** How much came before the bytes that are kept. */
  lost(): { readonly bytes: number; readonly lines: number } {
    return { ...this.#lost };
  }

  push(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + this.capacity - this.#at);
      if (this.#isFull) this.#lose(this.#ring.subarray(this.#at, this.#at + part.length));
      this.#ring.set(part, this.#at);
      this.#at += part.length;
      if (this.#at === this.capacity) {
        this.#at = 0;
        this.#isFull = true;
      }
      from += part.length;
    }
  }

  /** The bytes that are kept, the oldest first. */
  content(): Buffer {
    const newest = this.#ring.subarray(0, this.#at);
    return this.#isFull ? Buffer.concat([this.#ring.subarray(this.#at), newest]) : newest;
  }

  #lose(bytes: Uint8Array): void {
    this.#lost.bytes += bytes.length;
    this.#lost.lines += countLines(bytes);
  }
}
