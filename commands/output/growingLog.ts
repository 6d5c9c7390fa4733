import fs from 'node:fs';

import { isAt, openRegularFile } from '../../host/files/openFile';

const CHUNK_BYTES = 64 * 1024;

/** A log that may still grow. If it is truncated, or another file takes its place, it is read from its beginning. */
export class GrowingLog {
  readonly #path: string;
  #fd: number;
  #position = 0;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /** The log at `path`; undefined if there is none. Throws as `openRegularFile` does. */
  static open(path: string): GrowingLog | undefined {
    const file = openRegularFile(path);
    return file && new GrowingLog(path, file.fd);
  }

  /** What was added since the last call. */
  *more(): Generator<Buffer> {
    if (fs.fstatSync(this.#fd).size < this.#position) this.#position = 0;
    yield* this.#rest();
    const other = this.#replacement();
    if (other === undefined) return;
    fs.closeSync(this.#fd);
    this.#fd = other;
    this.#position = 0;
    yield* this.#rest();
  }

  /** The next bytes are those of the last `count` lines. */
  skipToLastLines(count: number): void {
    this.#position = startOfLastLines(this.#fd, count);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  /** Up to the present end: what writes faster than it is read does not keep this from returning. */
  *#rest(): Generator<Buffer> {
    const { size } = fs.fstatSync(this.#fd);
    while (this.#position < size) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - this.#position));
      const count = fs.readSync(this.#fd, buffer, 0, buffer.length, this.#position);
      if (count === 0) return;
      this.#position += count;
      yield buffer.subarray(0, count);
    }
  }

  /** A descriptor of another log that is at the path now; undefined if there is none. */
  #replacement(): number | undefined {
    if (isAt(this.#path, this.#fd) !== false) return undefined;
    try {
      return openRegularFile(this.#path)?.fd;
    } catch {
      return undefined; // it is not a log
    }
  }
}

const LINE_END = 0x0a;

/** Where the last `count` lines of a file begin, in bytes. Memory does not grow with the file. */
export function startOfLastLines(fd: number, count: number): number {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const { size } = fs.fstatSync(fd);
  if (count === 0) return size;
  let lines = 0;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const bytes = buffer.subarray(0, fs.readSync(fd, buffer, 0, end - start, start));
    for (let at = bytes.length - 1; at >= 0; at--) {
      if (bytes[at] !== LINE_END || start + at === size - 1) continue;
      lines += 1;
      if (lines === count) return start + at + 1;
    }
    end = start;
  }
  return 0;
}
