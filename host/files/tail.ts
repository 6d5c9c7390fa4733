import { closeSync, readSync } from 'node:fs';

import { openRegularFile } from './openFile';

/** The end of a file of text. */
export interface Tail {
  /**
   * At most the asked-for bytes, from the beginning of a line where there is one in their first half; what is not
   * UTF-8 is U+FFFD.
   */
  readonly text: string;
  /** Bytes of the file before it. */
  readonly before: number;
  /** Bytes of the whole file. */
  readonly size: number;
}

const DECODER = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/**
 * The end of the file at `path`, at most `limit` bytes of it; undefined when there is no file. A link is not followed,
 * and a pipe not waited for: both throw {@link Failure}, as what is not a regular file does. Throws system errors.
 */
export function readTail(path: string, limit: number): Tail | undefined {
  const file = openRegularFile(path);
  if (file === undefined) return undefined;
  const { fd, size } = file;
  try {
    const start = Math.max(0, size - limit);
    const buffer = Buffer.allocUnsafe(size - start);
    const bytes = buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, start));
    const skipped = start === 0 ? 0 : partOfLine(bytes);
    return { text: DECODER.decode(bytes.subarray(skipped)), before: start + skipped, size };
  } finally {
    closeSync(fd);
  }
}

/**
 * How many bytes at the beginning belong to a line whose own beginning is not there, or, where that is a very long
 * one, to a character.
 */
function partOfLine(bytes: Buffer): number {
  const lineEnd = bytes.indexOf(0x0a);
  if (lineEnd >= 0 && lineEnd < bytes.length / 2) return lineEnd + 1;
  let at = 0;
  while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1; // the rest of a UTF-8 character
  return at;
}
