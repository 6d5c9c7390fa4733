import { readTail } from '../../host/files/tail';
import { type Mask, maskPrinted } from '../../host/secrets/mask';
import { readPrinted, textOf } from '../../host/terminal/printed';
import type { LogEnd } from './formats/message';

const TAIL_BYTES = 64 * 1024;

/**
 * The last lines of the log at `path`, as a terminal would show them, without the secrets that `mask` knows, of at
 * most 64 KiB. Undefined if there is no file to read: none, a link, a pipe, or one that may not be read.
 */
export function readLogEnd(path: string, mask: Mask): LogEnd | undefined {
  try {
    const tail = readTail(path, TAIL_BYTES);
    if (tail === undefined) return undefined;
    const cut = tail.before > 0;
    return { lines: maskPrinted(mask, readPrinted(tail.text), cut).map(textOf), cut };
  } catch {
    return undefined;
  }
}
