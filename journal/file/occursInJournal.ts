import fs from 'node:fs';

import { reasonOf } from '../../host/failure';
import { JournalNotReadable } from '../errors';
import { withJournal } from './journalFile';

/**
 * Whether the bytes of `text` occur in the journal at `path`: only then is a long journal worth decoding. Throws
 * {@link JournalNotReadable}.
 */
export function occursInJournal(path: string, text: string): boolean {
  const occurs = withJournal(path, ({ fd }) => {
    try {
      return holdsBytes(fd, Buffer.from(text));
    } catch (error) {
      throw new JournalNotReadable(path, reasonOf(error));
    }
  });
  return occurs ?? false;
}

const CHUNK_BYTES = 1024 * 1024;

function holdsBytes(fd: number, wanted: Buffer): boolean {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES + wanted.length);
  let kept = 0;
  for (let position = 0; ;) {
    const count = fs.readSync(fd, buffer, kept, CHUNK_BYTES, position);
    if (count === 0) return false;
    position += count;
    const filled = buffer.subarray(0, kept + count);
    if (filled.includes(wanted)) return true;
    kept = Math.min(filled.length, wanted.length - 1);
    filled.copy(buffer, 0, filled.length - kept);
  }
}
