import { readTail } from './tail';

/** The end of a text file: whole lines, oldest first; `cut` when there are more before them. */
export interface LastLines {
  readonly lines: readonly string[];
  readonly cut: boolean;
}

const TAIL_BYTES = 64 * 1024;

/**
 * The last `count` lines (at least 1) of the file at `path`, no more than 64 KiB of them. Undefined when there is no
 * file to read: none, a link, a pipe, or none that we may open.
 */
export function readLastLines(path: string, count: number): LastLines | undefined {
  let tail;
  try {
    tail = readTail(path, TAIL_BYTES);
  } catch {
    return undefined;
  }
  if (tail === undefined) return undefined;
  const lines = tail.text === '' ? [] : tail.text.replace(/\n$/, '').split('\n');
  return { lines: lines.slice(-count), cut: tail.before > 0 || lines.length > count };
}
