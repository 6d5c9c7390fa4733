import { join } from 'node:path';

import type { AppBuilds } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import { closeJournal, JOURNAL_FILE, openJournal, START } from '../../journal/file/journalFile';
import { type Problem, readJournal } from '../../journal/file/readJournal';
import { readCheckpoint, writeCheckpoint } from '../../journal/checkpoint';
import { CheckpointComparison } from './checkpointComparison';
import { apply, draftHistory } from '../../journal/applyEvent';
import { leftovers, listDirectory, staleRecords } from '../records/recordFiles';
import { addRunning, runningOf } from '../lists/runningBuilds';
import { settle } from '../records/updateFiles';

/** What replaying an app's journal found, and rebuilt (or would rebuild). */
export interface Replayed {
  readonly events: number;
  /** Record files that did not say what the journal says. */
  readonly records: number;
  /** Files of builds that have left, and of writers that were killed. */
  readonly leftovers: number;
  /** Whether the checkpoint was missing, or not the one that the events make. */
  readonly checkpoint: boolean;
  /** Whether the view of running builds lacked some. */
  readonly running: boolean;
  readonly problems: readonly Problem[];
}

/**
 * Rebuilds everything that is stored for an app from its journal alone, checkpoint ignored; with `dryRun` only says what it would do.
 * `onProgress` hears of the number of events now and then. What cannot be written is told to `warn`. Undefined when
 * there is no journal. Throws `JournalNotReadable`.
 */
export function replay(
  builds: AppBuilds,
  dryRun: boolean,
  onProgress: (events: number) => void,
  warn: (message: string) => void,
): Replayed | undefined {
  const { app, buildsRoot, directory, alongside = false } = builds;
  const journal = openJournal(join(directory, JOURNAL_FILE));
  if (journal === undefined) return undefined;
  const stored = readCheckpoint(directory);
  const comparison = stored && new CheckpointComparison(stored);
  const history = draftHistory();
  const problems: Problem[] = [];
  let events = 0;
  try {
    const { head } = readJournal(journal, START, {
      event({ seq, event }) {
        comparison?.event(seq, history);
        apply(history, event);
        events += 1;
        if (events % PROGRESS_EVENTS === 0) onProgress(events);
      },
      problem(problem) {
        comparison?.problem(problem);
        problems.push(problem);
      },
      frame: (envelope, frame, counts) => comparison?.frame(envelope, frame, counts),
    });
    const names = listDirectory(directory);
    const alive = (pid: number): boolean => isAlive({ pid });
    const running = history.builds
      .filter((build) => build.status === 'running' && isAlive(build.process))
      .map((build) => build.id);
    const viewed = runningOf(buildsRoot, app);
    const replayed = {
      events,
      records: alongside ? 0 : staleRecords(directory, app, history.builds).length,
      leftovers: alongside ? 0 : leftovers(directory, history, names, alive).length,
      checkpoint: comparison === undefined || comparison.outcome(history) !== undefined,
      running: running.some((id) => !viewed.includes(id)),
      problems,
    };
    if (!dryRun) {
      addRunning(buildsRoot, app, running);
      writeCheckpoint(directory, { head, history, settled: false }); // whatever becomes of the records
      settle(builds, { loaded: { history, head, folded: events, settled: false, problems }, added: [] }, warn);
    }
    return replayed;
  } finally {
    closeJournal(journal);
  }
}

const PROGRESS_EVENTS = 20_000;
