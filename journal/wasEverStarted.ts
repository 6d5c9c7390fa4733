import * as fs from 'node:fs';

import { reasonOf } from '../host/failure';
import type { BuildId } from '../host/names';
import { JournalNotReadable } from './errors';
import { closeJournal, openJournal, readJournal, START } from './journal';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Whether the journal at `path` holds a start of build `id`, however long ago. Looks for the bytes of the id first, so that a
 * long journal is decoded only when they occur in it. Throws {@link JournalNotReadable}.
 */
export function wasEverStarted(path: string, id: BuildId): boolean {
  const journal = openJournal(path);
  if (journal === undefined) return false;
  try {
    if (!holdsBytes(journal.fd, Buffer.from(id))) return false;
    let found = false;
    readJournal(journal, START, {
      event({ event }) {
        if (event.type === 'BuildStarted' && event.build === id) found = true;
      },
      problem: () => undefined,
    });
    return found;
  } catch (error) {
    throw new JournalNotReadable(path, reasonOf(error));
  } finally {
    closeJournal(journal);
  }
}

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
