import { join } from 'node:path';

import { ageOf, listDirectory, temporaryFiles } from '../../host/system/files';
import type { AppBuilds } from '../../host/dokku/paths';
import { pause } from '../../host/system/pause';
import { isAlive } from '../../host/system/processes';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import type { Deviation, Verified } from '../../journal/file/verifyJournal';

import { verifyApp } from '../../projections/verification/verifyApp';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 320;

/** What nobody has written to for so long counts as it is: few disks take longer for an fsync. */
const QUIET_MS = 2000;

/** Where somebody always writes, what has deviated for so long counts, and nothing that came later. */
const LONGEST_MS = 5000;

/** What {@link settled} goes by. Times are in ms; those of `now` only serve to be compared. */
export interface Watch<V extends Deviating> {
  look(): V;
  isBeingWritten(): boolean;
  now(): number;
  pause(ms: number): void;
}

/** Verifies an app's builds, and whether a given head digest is part of their history, as {@link settled} says. */
export function verifySettled(builds: AppBuilds, pin?: string): Verified {
  return settled({
    look: () => verifyApp(builds, pin),
    isBeingWritten: () => isBeingWritten(builds, Date.now()),
    now: () => performance.now(),
    pause,
  });
}

/**
 * A deploy that is recorded right now looks like a deviation until its files are on disk: looks again as long as somebody writes and there is
 * something that this can explain. Everything else counts at the first look.
 */
export function settled<V extends Deviating>(watch: Watch<V>): V {
  let verified = watch.look();
  let lasting = passingOf(verified);
  const begun = watch.now();
  for (let wait = FIRST_PAUSE_MS; passingOf(verified).length > 0 && watch.isBeingWritten();) {
    if (watch.now() - begun > LONGEST_MS) return withOnly(verified, lasting);
    watch.pause(wait);
    wait = Math.min(2 * wait, LONGEST_PAUSE_MS);
    verified = watch.look();
    lasting = passingOf(verified).filter((deviation) => isAmong(lasting, deviation));
  }
  return verified;
}

type Deviating = Pick<Verified, 'deviations'>;

function passingOf({ deviations }: Deviating): Deviation[] {
  return deviations.filter(({ mayPass }) => mayPass === true);
}

function withOnly<V extends Deviating>(verified: V, lasting: readonly Deviation[]): V {
  const deviations = verified.deviations.filter((one) => one.mayPass !== true || isAmong(lasting, one));
  return { ...verified, deviations };
}

function isAmong(deviations: readonly Deviation[], { offset, meaning }: Deviation): boolean {
  return deviations.some((one) => one.offset === offset && one.meaning === meaning);
}

/** Whether anybody has written there just before `now`, ms since the epoch, or is at it. */
export function isBeingWritten({ directory }: AppBuilds, now: number): boolean {
  const isFresh = (path: string): boolean => Math.abs(ageOf(path, now) ?? Infinity) < QUIET_MS; // a clock may have been put back since
  if (isFresh(directory) || isFresh(join(directory, JOURNAL_FILE))) return true;
  return temporaryFiles(listDirectory(directory)).some(({ pid }) => isAlive({ pid }));
}
