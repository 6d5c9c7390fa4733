import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { AppBuilds } from '../../host/dokku/paths';
import { type Checkpoint, CHECKPOINT_FILE } from '../../journal/checkpoint';
import type { Deviation } from '../../journal/file/verifyJournal';
import type { CheckpointComparison } from './checkpointComparison';

/** The deviation of a checkpoint file that exists although no `checkpoint` could be read from it. */
export function unreadableCheckpoint({ directory }: AppBuilds, checkpoint: Checkpoint | undefined): Deviation[] {
  if (checkpoint !== undefined || !existsSync(join(directory, CHECKPOINT_FILE))) return [];
  const meaning = 'the checkpoint cannot be read; it is only a shortcut, and the next trigger makes it again';
  return [{ kind: 'checkpoint', meaning, mayPass: true }]; // it may have been made after it was read
}

/** The deviations of `checkpoint`, which was compared with a journal whose last event has the number `last`. */
export function checkpointDeviations(
  { head: { seq } }: Checkpoint,
  outcome: ReturnType<CheckpointComparison['outcome']>,
  last: number,
): Deviation[] {
  if (seq > last)
    return [
      deviation(seq, `knows event ${seq}, but the journal ends at event ${last}: events were removed from its end`),
    ];
  const remedy = 'one of the two was changed; if the journal is right, builds:replay rebuilds the checkpoint';
  switch (outcome) {
    case undefined:
      return [];
    case 'history':
      return [deviation(seq, `does not agree with the events up to ${seq}; ${remedy}`)];
    case 'position':
      return [
        deviation(
          seq,
          `does not match the place of event ${seq} in the journal: commands that use it may miss events; ${remedy}`,
        ),
      ];
  }
}

function deviation(seq: number, what: string): Deviation {
  return { kind: 'checkpoint', seq, meaning: `the checkpoint ${what}` };
}
