import type { BuildId } from '../host/dokku/names';
import { type Head, START, withJournal } from './file/journalFile';
import { occursInJournal } from './file/occursInJournal';
import { readJournal } from './file/readJournal';

/**
 * Those of `ids` that the journal at `path` has a start of behind `from`, however long ago. Reads that part of the
 * journal once, unless there are no ids. Throws `JournalNotReadable`.
 */
export function startedAmong(path: string, ids: ReadonlySet<BuildId>, from: Head = START): BuildId[] {
  if (ids.size === 0) return [];
  const started = new Set<BuildId>();
  const reading = withJournal(path, (journal) =>
    readJournal(journal, from, {
      event({ event }) {
        if (event.type === 'BuildStarted' && ids.has(event.build)) started.add(event.build);
      },
      problem: () => undefined,
    }),
  );
  if (reading?.diverged === true) return startedAmong(path, ids); // another file has taken the journal's place
  return [...started];
}

/**
 * Whether the journal at `path` has a start of build `id`, however long ago. Looks for the bytes of the id first: to
 * decode a MB takes a hundred times as long (docs/performance.md). Throws `JournalNotReadable`.
 */
export function wasEverStarted(path: string, id: BuildId): boolean {
  return occursInJournal(path, id) && startedAmong(path, new Set([id])).length > 0;
}
