import { join } from 'node:path';

import { readSmallFile, replaceFile } from '../../host/system/files';
import type { Recorded } from '../../journal/events';
import { closeJournal, JOURNAL_FILE, openJournal, START } from '../../journal/file/journalFile';
import { readJournal } from '../../journal/file/readJournal';
import type { Handled } from '../../journal/handleCommands';

/** In an app's directory: the number of the last event that was queued for others to hear of. */
const ANNOUNCED_FILE = '.announced';
const NUMBER_BYTES = 32;

/**
 * The events that nobody has queued yet, in order: those of `handled`, and before them any whose writer was killed between the
 * append and the queue. Nothing of before `since` (ms since the epoch), and nothing adopted: that is another one's past.
 */
export function unannounced(directory: string, { loaded, added }: Handled, since: number): readonly Recorded[] {
  const last = Math.max(loaded.head.seq, added.at(-1)?.seq ?? 0);
  const announced = readAnnounced(directory);
  const first = added[0]?.seq ?? last + 1;
  const missed = announced !== undefined && announced < first - 1 ? readEvents(directory, announced, first) : [];
  return [...missed, ...added.filter(({ seq }) => seq > (announced ?? 0))].filter(
    ({ at, event }) => at >= since && !('adopted' in event),
  );
}

/** Notes that all of `handled` has been queued. Not durable: what a power cut takes away here is announced twice. */
export function noteAnnounced(directory: string, { loaded }: Handled): void {
  if (loaded.head.seq === readAnnounced(directory)) return;
  replaceFile(join(directory, ANNOUNCED_FILE), String(loaded.head.seq), { mode: 0o600, durable: false });
}

/** Undefined when nothing was announced yet; damage counts as that. */
function readAnnounced(directory: string): number | undefined {
  try {
    const text = readSmallFile(join(directory, ANNOUNCED_FILE), NUMBER_BYTES) ?? '';
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

/** The events behind number `after` and before number `before`. */
function readEvents(directory: string, after: number, before: number): Recorded[] {
  const journal = openJournal(join(directory, JOURNAL_FILE));
  if (journal === undefined) return [];
  try {
    const events: Recorded[] = [];
    readJournal(journal, START, {
      event(recorded) {
        if (recorded.seq > after && recorded.seq < before) events.push(recorded);
      },
      problem: () => undefined,
    });
    return events;
  } finally {
    closeJournal(journal);
  }
}
