import { readTail } from '../../host/system/tail';
import { readPrintedText } from '../../host/terminal/printed';
import type { LogEnd } from './formats/message';

const TAIL_BYTES = 64 * 1024;

/**
 * The last lines of the log at `path`, as a terminal would show them, of at most 64 KiB. Undefined if there is no file
 * to read: none, a link, a pipe, or one that may not be read.
 */
export function readLogEnd(path: string): LogEnd | undefined {
  try {
    const tail = readTail(path, TAIL_BYTES);
    return tail && { lines: readPrintedText(tail.text), cut: tail.before > 0 };
  } catch {
    return undefined;
  }
}
