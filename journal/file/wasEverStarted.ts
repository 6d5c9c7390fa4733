import { reasonOf } from '../../host/failure';
import type { BuildId } from '../../host/dokku/names';
import { JournalNotReadable } from '../errors';
import { closeJournal, openJournal, START } from './journalFile';
import { readJournal } from './readJournal';
import { occursInJournal } from './occursInJournal';

/**
 * Whether the journal at `path` holds a start of build `id`, however long ago. Looks for the bytes of the id first, so that a
 * long journal is decoded only when they occur in it. Throws {@link JournalNotReadable}.
 */
export function wasEverStarted(path: string, id: BuildId): boolean {
  if (!occursInJournal(path, id)) return false;
  const journal = openJournal(path);
  if (journal === undefined) return false;
  try {
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
