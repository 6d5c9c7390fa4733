import { join } from 'node:path';

import type { AppBuilds } from '../../host/dokku/paths';
import type { System } from '../../host/system/system';
import { readCheckpoint } from '../../journal/checkpoint';
import { evolveOver, initialState } from '../../journal/decider';
import type { Recorded } from '../../journal/events';
import { JOURNAL_FILE, START, withJournal } from '../../journal/file/journalFile';
import { type Deviation, type Verified, verifyJournal } from '../../journal/file/verifyJournal';
import { type History, runningBuilds } from '../../journal/history';
import { loadHistory } from '../../journal/loadHistory';
import { readRunning } from '../lists/runningBuilds';
import { CheckpointComparison } from './checkpointComparison';
import { checkpointDeviations, unreadableCheckpoint } from './checkpointDeviations';
import { recordDeviations } from './recordDeviations';

const NO_JOURNAL: Verified = {
  events: 0,
  voidFrames: 0,
  tornBytes: 0,
  unknownEvents: 0,
  unknown: [],
  bytes: 0,
  head: START,
  headDigest: undefined,
  pinned: undefined,
  deviations: [],
};

/**
 * Verifies the journal of an app, and compares it with all files that are made from it. Reads only.
 * `pin` is a head digest (hex) to look for; `onEvent` is called for each event. Throws `JournalNotReadable` and system
 * errors.
 */
export function verifyApp(
  builds: AppBuilds,
  { isAlive }: Pick<System, 'isAlive'>,
  pin?: string,
  onEvent?: () => void,
): Verified {
  const { directory } = builds;
  const checkpoint = readCheckpoint(directory);
  const comparison = checkpoint && new CheckpointComparison(checkpoint);
  const { verified, history } = verifyHistory(directory, pin, comparison, onEvent);
  const deviations = [
    ...verified.deviations,
    ...unreadableCheckpoint(builds, checkpoint),
    ...(checkpoint ? checkpointDeviations(checkpoint, comparison?.outcome(history), verified.head.seq) : []),
    ...recordDeviations(builds, history, () => loadHistory(directory).history),
    ...runningDeviations(builds, history, isAlive),
  ];
  return { ...verified, deviations };
}

/** What verification found in the journal in `directory`, and the history that its events add up to. */
function verifyHistory(
  directory: string,
  pin: string | undefined,
  comparison: CheckpointComparison | undefined,
  shown: (() => void) | undefined,
): { verified: Verified; history: History } {
  const read = withJournal(join(directory, JOURNAL_FILE), (journal) => {
    let verified = NO_JOURNAL;
    const history = evolveOver(initialState, (next, state) => {
      const onEvent = ({ seq, event }: Recorded): void => {
        shown?.();
        comparison?.event(seq, state);
        next(event);
      };
      verified = verifyJournal(journal, onEvent, pin, comparison);
    });
    return { verified, history };
  });
  return read ?? { verified: NO_JOURNAL, history: initialState };
}

/**
 * The view of running builds may name too many builds, never too few. A view with a wrong seal is not used, so it
 * cannot deviate.
 */
function runningDeviations({ app, buildsRoot }: AppBuilds, history: History, isAlive: System['isAlive']): Deviation[] {
  const viewed = readRunning(buildsRoot)?.filter((entry) => entry.app === app);
  if (viewed === undefined) return [];
  return runningBuilds(history)
    .filter(({ process }) => isAlive(process))
    .filter(({ id }) => !viewed.some(({ build }) => build === id))
    .map(({ id }) => ({ kind: 'running', meaning: `the view of running builds lacks ${id}`, mayPass: true }));
}
