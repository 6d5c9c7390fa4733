import type { BuildId } from '../../host/dokku/names';
import { START, withJournal } from './journalFile';
import { occursInJournal } from './occursInJournal';
import { readBatches } from './readJournal';

/**
 * Whether the journal at `path` holds a start of build `id`, however long ago. Looks for the bytes of the id first:
 * that takes 0.2 ms a MB, and decoding takes a hundred times as long. Throws `JournalNotReadable`.
 */
export function wasEverStarted(path: string, id: BuildId): boolean {
  if (!occursInJournal(path, id)) return false;
  const started = withJournal(path, (journal) => {
    for (const findings of readBatches(journal, START)) {
      for (const finding of findings) {
        if (finding.type !== 'event') continue;
        const { event } = finding.recorded;
        if (event.type === 'BuildStarted' && event.build === id) return true;
      }
    }
    return false;
  });
  return started ?? false;
}
