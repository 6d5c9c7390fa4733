import { replaceFile } from '../../host/files/replaceFile';
import {
  closeJournal,
  type Journal,
  JOURNAL_MODE,
  openJournalForAppend,
  readAt,
  sizeOf,
  withJournal,
} from './journalFile';

/**
 * Puts `bytes`, a journal that begins with all of the one at `path`, in its place, or makes it; durable. False, with
 * the journal as it was, if it has other events. Throws `JournalNotWritten`, `JournalNotReadable` and system errors.
 *
 * Another process may have the old file open, and append to it at any time. If it does so after the rename, it
 * notices that, and appends to the new file as well (`handleCommands`). If it did so before, the old file has grown,
 * and is put back. An event that is appended to the new file until then is kept in `<path>.restored`.
 */
export function extendJournal(path: string, bytes: Buffer): boolean {
  const journal = openJournalForAppend(path);
  try {
    const there = contentOf(journal);
    if (!bytes.subarray(0, there.length).equals(there)) return false;
    putAt(path, bytes);
    if (sizeOf(journal) === there.length) return true;
    withJournal(path, (copy) => {
      putAt(path, contentOf(journal));
      if (sizeOf(copy) > bytes.length) putAt(`${path}.restored`, contentOf(copy));
    });
    return false;
  } finally {
    closeJournal(journal);
  }
}

function putAt(path: string, bytes: Buffer): void {
  replaceFile(path, bytes, { mode: JOURNAL_MODE, durable: true });
}

function contentOf(journal: Journal): Buffer {
  const bytes = Buffer.alloc(sizeOf(journal));
  return bytes.subarray(0, readAt(journal, bytes, 0, 0));
}
