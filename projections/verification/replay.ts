import { join } from 'node:path';

import type { AppBuilds } from '../../host/dokku/paths';
import { listDirectory } from '../../host/files/files';
import type { System } from '../../host/system/system';
import type { Warn } from '../../host/failure';
import { readCheckpoint } from '../../journal/checkpoint';
import { evolveOver, initialState } from '../../journal/decider';
import { JOURNAL_FILE, START, withJournal } from '../../journal/file/journalFile';
import { type Problem, readJournal } from '../../journal/file/readJournal';
import { keepProblem } from '../../journal/problems';
import { buildsOf, runningBuilds } from '../../journal/history';
import { addRunning, runningOf } from '../lists/runningBuilds';
import { leftovers, staleRecords } from '../records/recordFiles';
import { updateFiles } from '../records/updateFiles';
import { CheckpointComparison } from './checkpointComparison';

/** What the replay of an app's journal found, and rebuilt (or would rebuild). */
export interface Replayed {
  readonly events: number;
  /** Record files that did not say what the journal says. */
  readonly records: number;
  /** Files of builds that were pruned, and of writers that were killed. */
  readonly leftovers: number;
  /** Whether the checkpoint was missing, or did not fit the events. */
  readonly checkpoint: boolean;
  /** Whether the view of running builds lacked some. */
  readonly running: boolean;
  readonly problems: readonly Problem[];
  /** Whether everything could be rebuilt. */
  readonly done: boolean;
}

/**
 * Rebuilds everything that is stored for an app from its journal alone, without the checkpoint; with `dryRun` only
 * says what it would do. `onEvent` is called for each event. Warns of what cannot be written. Undefined if there is no
 * journal. Throws `JournalNotReadable`.
 */
export function replay(
  builds: AppBuilds,
  dryRun: boolean,
  system: System,
  onEvent: () => void,
  warn: Warn,
): Replayed | undefined {
  const { app, buildsRoot, directory } = builds;
  return withJournal(join(directory, JOURNAL_FILE), (journal) => {
    const stored = readCheckpoint(directory);
    const comparison = stored && new CheckpointComparison(stored);
    const problems: Problem[] = [];
    let events = 0;
    let head = START;
    const history = evolveOver(initialState, (next, state) => {
      const reading = readJournal(journal, START, {
        event({ seq, event }) {
          comparison?.event(seq, state);
          next(event);
          events += 1;
          onEvent();
        },
        problem(problem) {
          comparison?.problem(problem);
          keepProblem(problems, problem);
        },
        frame: (envelope, frame, counts) => comparison?.frame(envelope, frame, counts),
      });
      ({ head } = reading);
    });
    const isOwner = builds.mode === 'owner';
    const names = listDirectory(directory);
    const running = runningBuilds(history)
      .filter((build) => system.isAlive(build.process))
      .map((build) => build.id);
    const viewed = runningOf(buildsRoot, app);
    const replayed = {
      events,
      records: isOwner ? staleRecords(directory, app, buildsOf(history)).length : 0,
      leftovers: isOwner ? leftovers(directory, history, names, system).length : 0,
      checkpoint: comparison === undefined || comparison.outcome(history) !== undefined,
      running: running.some((id) => !viewed.includes(id)),
      problems,
    };
    if (dryRun) return { ...replayed, done: true };
    addRunning(buildsRoot, app, running);
    const done = updateFiles(builds, { history, head, changed: 'all', problems }, 'all', system, warn);
    return { ...replayed, done };
  });
}
