import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { formatTimestamp } from '../../host/durations';
import { errorCode, Failure, reasonOf } from '../../host/failure';
import type { Output } from '../../host/terminal/output';

/** Reads a log that may still grow. */
export interface LogReader {
  /** Prints what was added since the last call; returns whether there was anything. */
  printMore(): boolean;
}

const CHUNK_BYTES = 64 * 1024;

/** The beginnings of lines that have at least one byte. */
const LINE_START = /(?<![^\n])(?=[^])/g;

/** Prints the log behind the descriptor `log` to `out`: from its beginning, or from its last `tail` lines. */
export function openReader(
  out: Output,
  log: number,
  { tail, timestamps }: { readonly tail: number | undefined; readonly timestamps: boolean },
): LogReader {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let position = tail === undefined ? 0 : startOfLastLines(log, tail);
  let isFirst = true;
  let atLineStart = true;
  const print = (bytes: Buffer): void => {
    if (!timestamps) {
      out.raw(bytes);
      return;
    }
    const stamp = isFirst ? ' '.repeat(formatTimestamp(0).length) : formatTimestamp(Date.now());
    const text = bytes.toString('latin1'); // a byte each: no character is cut in two
    const stamped = text.replace(LINE_START, (_, at: number) => (at === 0 && !atLineStart ? '' : `${stamp}  `));
    atLineStart = text.endsWith('\n');
    out.raw(Buffer.from(stamped, 'latin1'));
  };
  return {
    printMore() {
      if (fs.fstatSync(log).size < position) position = 0; // somebody truncated it
      let printed = false;
      for (let count; (count = fs.readSync(log, buffer, 0, buffer.length, position)) > 0; printed = true) {
        position += count;
        print(buffer.subarray(0, count));
      }
      out.flush();
      isFirst = false;
      return printed;
    },
  };
}

/**
 * When the end is recorded, output may still be on its way through `tee`. Reading ends after this time without a byte.
 */
const QUIET_MS = 500;

/** Calls `readMore` until it has returned false for {@link QUIET_MS}. It returns whether there was anything. */
export async function untilQuiet(readMore: () => boolean): Promise<void> {
  for (let quietSince = performance.now(); performance.now() - quietSince < QUIET_MS;) {
    await delay(QUIET_MS / 10);
    if (readMore()) quietSince = performance.now();
  }
}

/** A descriptor of the log at `path`; undefined if there is none. Throws {@link Failure}. */
export function openLog(path: string): number | undefined {
  try {
    const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
    if (fs.fstatSync(fd).isFile()) return fd;
    throw new Failure(`Cannot read ${path}: it is not a regular file`);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error instanceof Failure ? error : new Failure(`Cannot read ${path}: ${reasonOf(error)}`);
  }
}

const LINE_END = 0x0a;

/** Where the last `count` lines of a file begin, in bytes. Memory does not grow with the file. */
export function startOfLastLines(fd: number, count: number): number {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const { size } = fs.fstatSync(fd);
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
