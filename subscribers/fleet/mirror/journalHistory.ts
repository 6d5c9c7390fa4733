import { writeCheckpoint } from '../../../journal/checkpoint';
import { type History, runningBuilds } from '../../../journal/history';
import { loadHistory } from '../../../journal/loadHistory';
import type { FleetJournal } from './fleetView';
import type { Mirror } from './mirror';
import type { MirroredJournal } from './mirrorIndex';

/* The part of the mirror that reads events. The list of running builds does not load it. */

/** The history of a journal in the mirror. */
export function historyOf(mirror: Mirror, { entry }: FleetJournal): History {
  return loadHistory(mirror.directoryOf(entry)).history;
}

const WORTH_STORING = 100;

/** Folds the new events of the journal in `directory`, and stores in `entry` which builds run. */
export function foldInto(entry: MirroredJournal, directory: string): void {
  const { head, history, problems } = loadHistory(directory);
  const isWorthStoring = head.seq - entry.stored >= WORTH_STORING && problems.length === 0;
  if (isWorthStoring) writeCheckpoint(directory, { head, history });
  Object.assign(entry, { seq: head.seq, open: runningBuilds(history), ...(isWorthStoring && { stored: head.seq }) });
}
