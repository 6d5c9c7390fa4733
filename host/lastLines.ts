import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** The end of a text file: whole lines, oldest first; `cut` when there are more before them. */
export interface LastLines {
  readonly lines: readonly string[];
  readonly cut: boolean;
}

const TAIL_BYTES = 64 * 1024;

/**
 * The last `count` lines of the file at `path`, no more than 64 KiB of them. Undefined when there is no file to read: none, a link, a
 * pipe, or none that we may open. What is no UTF-8 becomes U+FFFD.
 */
export function readLastLines(path: string, count: number): LastLines | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return undefined;
    const from = Math.max(0, stat.size - TAIL_BYTES);
    const bytes = Buffer.alloc(stat.size - from);
    const length = readSync(fd, bytes, 0, bytes.length, from);
    const lines = bytes.toString('utf8', 0, length).replace(/\n$/, '').split('\n');
    const wholeFrom = from > 0 && lines.length > 1 ? 1 : 0; // the first one may be a part
    const whole = length === 0 ? [] : lines.slice(wholeFrom);
    const last = count === 0 ? [] : whole.slice(-count);
    return { lines: last, cut: from > 0 || last.length < whole.length };
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}
