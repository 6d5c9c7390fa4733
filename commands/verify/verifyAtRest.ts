import { join } from 'node:path';

import type { AppBuilds } from '../../host/dokku/paths';
import { ageOf, listDirectory } from '../../host/files/files';
import { temporaryFiles } from '../../host/files/replaceFile';
import { type System, thisSystem } from '../../host/system/system';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import type { Deviation, Verified } from '../../journal/file/verifyJournal';
import { verifyApp } from '../../projections/verification/verifyApp';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 320;

/** If files have not changed for this long, nothing is being written: few disks take longer for an fsync. */
const QUIET_MS = 2000;

/** If processes write all the time, a deviation counts once it has lasted this long. */
const LONGEST_MS = 5000;

/** What {@link untilAtRest} needs. `now` is in ms, from any beginning. */
export interface Verification<V extends Pick<Verified, 'deviations'>> {
  verify(): V;
  isBeingWritten(): boolean;
  now(): number;
  pause(ms: number): void;
}

/** Verifies an app's builds, and looks for the head digest `pin` in their history, as {@link untilAtRest} does. */
export function verifyAtRest(builds: AppBuilds, pin: string | undefined, onEvent: () => void): Verified {
  return untilAtRest({
    verify: () => verifyApp(builds, thisSystem, pin, onEvent),
    isBeingWritten: () => isBeingWritten(builds, thisSystem),
    now: () => performance.now(),
    pause: thisSystem.pause,
  });
}

/**
 * A deploy that is recorded right now looks like a deviation until its files are on disk. So this verifies again while
 * a process is writing and there are deviations that may pass. All others count at once.
 */
export function untilAtRest<V extends Pick<Verified, 'deviations'>>(verification: Verification<V>): V {
  let verified = verification.verify();
  let lasting = passing(verified.deviations);
  const begun = verification.now();
  for (let wait = FIRST_PAUSE_MS; passing(verified.deviations).length > 0 && verification.isBeingWritten();) {
    if (verification.now() - begun > LONGEST_MS) {
      const deviations = verified.deviations.filter((one) => one.mayPass !== true || isAmong(lasting, one));
      return { ...verified, deviations };
    }
    verification.pause(wait);
    wait = Math.min(2 * wait, LONGEST_PAUSE_MS);
    verified = verification.verify();
    lasting = passing(verified.deviations).filter((deviation) => isAmong(lasting, deviation));
  }
  return verified;
}

function passing(deviations: readonly Deviation[]): Deviation[] {
  return deviations.filter(({ mayPass }) => mayPass === true);
}

function isAmong(deviations: readonly Deviation[], { offset, meaning }: Deviation): boolean {
  return deviations.some((one) => one.offset === offset && one.meaning === meaning);
}

/** Whether anybody has just written to the app's directory or its journal, or is writing a file there. */
export function isBeingWritten({ directory }: AppBuilds, { now, isAlive }: Pick<System, 'now' | 'isAlive'>): boolean {
  // the clock may have been set back
  const isFresh = (path: string): boolean => Math.abs(ageOf(path, now()) ?? Infinity) < QUIET_MS;
  if (isFresh(directory) || isFresh(join(directory, JOURNAL_FILE))) return true;
  return temporaryFiles(listDirectory(directory)).some(({ pid }) => isAlive({ pid }));
}
