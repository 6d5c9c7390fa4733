import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { listDirectory } from '../../host/system/files';
import { type BuildId } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import type { Recorded } from '../../journal/events';
import { buildsOf, findBuild, type History } from '../../journal/history';
import { closeJournal, JOURNAL_FILE, openJournal, START } from '../../journal/file/journalFile';
import { type Deviation, type Verified, verifyJournal } from '../../journal/file/verifyJournal';
import { wasEverStarted } from '../../journal/file/wasEverStarted';
import { type Checkpoint, CHECKPOINT_FILE, readCheckpoint } from '../../journal/checkpoint';
import { CheckpointComparison } from './checkpointComparison';
import { evolveOver, initialState } from '../../journal/decider';
import { loadHistory } from '../../journal/loadHistory';
import { recordText } from '../records/record';
import { readRecordFile, recordContent, recordedIds } from '../records/recordFiles';
import { readRunning } from '../lists/runningBuilds';

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
 * Verifies the journal of an app, and compares everything stored beside it with what it says. Reads only. `pin` is a head digest
 * (hex) to look for. Throws `JournalNotReadable` and system errors.
 */
export function verifyApp(builds: AppBuilds, pin?: string): Verified {
  const checkpoint = readCheckpoint(builds.directory);
  const deviations: Deviation[] = [];
  if (checkpoint === undefined && existsSync(join(builds.directory, CHECKPOINT_FILE))) {
    const meaning = 'the checkpoint cannot be read; it is only a shortcut, and the next trigger makes it again';
    deviations.push({ kind: 'checkpoint', meaning, mayPass: true }); // it may have been made between the two looks
  }
  const journal = openJournal(join(builds.directory, JOURNAL_FILE));
  if (journal === undefined) {
    return {
      ...NO_JOURNAL,
      deviations: [
        ...deviations,
        ...checkpointBeyond(checkpoint, 0),
        ...recordDeviations(builds, initialState, () => initialState),
      ],
    };
  }
  try {
    const comparison = checkpoint && new CheckpointComparison(checkpoint);
    let verified = NO_JOURNAL;
    const history = evolveOver(initialState, (next, state) => {
      const onEvent = ({ seq, event }: Recorded): void => {
        comparison?.event(seq, state);
        next(event);
      };
      verified = verifyJournal(journal, onEvent, pin, comparison);
    });
    const beyond = checkpointBeyond(checkpoint, verified.head.seq);
    deviations.push(...(beyond.length > 0 ? beyond : checkpointDeviations(checkpoint, comparison?.outcome(history))));
    const shown = (): History => loadHistory(builds.directory).history;
    deviations.push(...recordDeviations(builds, history, shown), ...runningDeviations(builds, history));
    return { ...verified, deviations: [...verified.deviations, ...deviations] };
  } finally {
    closeJournal(journal);
  }
}

function checkpointDeviations(
  checkpoint: Checkpoint | undefined,
  differs: ReturnType<CheckpointComparison['outcome']>,
): Deviation[] {
  if (checkpoint === undefined || differs === undefined) return [];
  const { seq } = checkpoint.head;
  const what =
    differs === 'history'
      ? `does not say what the events up to ${seq} say`
      : `does not stand where the journal has event ${seq}, or goes on from elsewhere: readers that believe it may miss events`;
  const meaning = `the checkpoint ${what}; one of the two was changed; if the journal is right, builds:replay makes the checkpoint anew`;
  return [{ kind: 'checkpoint', seq, meaning }];
}

function checkpointBeyond(checkpoint: Checkpoint | undefined, last: number): Deviation[] {
  if (checkpoint === undefined || checkpoint.head.seq <= last) return [];
  const { seq } = checkpoint.head;
  const meaning = `the checkpoint knows event ${seq}, but the journal ends at event ${last}: events were removed from its end`;
  return [{ kind: 'checkpoint', seq, meaning }];
}

/** `shown` is the history that readers see, checkpoint and all. */
function recordDeviations({ app, directory, mode }: AppBuilds, history: History, shown: () => History): Deviation[] {
  if (mode === 'alongside') return []; // the stock plugin's, in its own words
  const known = buildsOf(history).flatMap((build): Deviation[] => {
    const content = recordContent(directory, build.id);
    if (content === recordText(app, build)) return [];
    const what = content === undefined ? 'is missing' : 'does not say what the journal says: it was changed';
    return [deviation(build.id, `${what}; builds:replay writes it again`)];
  });
  const unknown = recordedIds(listDirectory(directory)).filter((id) => findBuild(history, id) === undefined);
  if (unknown.length === 0) return known;
  const seen = shown();
  return [...known, ...unknown.map((id) => deviation(id, unknownMeaning(directory, seen, id)))];
}

/** What becomes of it follows from what commands see. */
function unknownMeaning(directory: string, seen: History, id: BuildId): string {
  if (findBuild(seen, id) !== undefined)
    return 'is of a build that the journal has lost and the checkpoint still knows; after builds:replay the next command adopts it';
  if (seen.pruned.includes(id) || wasEverStarted(join(directory, JOURNAL_FILE), id))
    return 'is of a build that has left; the next trigger removes it';
  const record = readRecordFile(directory, id);
  if (typeof record === 'string') return `cannot be read: ${record}`;
  return 'is not in the journal; the next command adopts it';
}

function deviation(id: BuildId, meaning: string): Deviation {
  return { kind: 'record', meaning: `the record ${id}.json ${meaning}`, mayPass: true };
}

/** The view may name too much, never too little; where it is not believed, it says nothing. */
function runningDeviations({ app, buildsRoot }: AppBuilds, history: History): Deviation[] {
  const viewed = readRunning(buildsRoot)?.filter((entry) => entry.app === app);
  if (viewed === undefined) return [];
  return buildsOf(history)
    .filter((build) => build.status === 'running' && isAlive(build.process))
    .filter(({ id }) => !viewed.some(({ build }) => build === id))
    .map(({ id }) => ({ kind: 'running', meaning: `the view of running builds lacks ${id}`, mayPass: true }));
}
