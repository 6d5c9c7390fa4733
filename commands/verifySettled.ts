import { join } from 'node:path';

import { ageOf, temporaryFiles } from '../host/files';
import type { AppBuilds } from '../host/paths';
import { pause } from '../host/pause';
import { isAlive } from '../host/processes';
import { JOURNAL_FILE } from '../journal/journal';
import type { Deviation, Verified } from '../journal/verifyJournal';
import { listDirectory } from '../projections/recordFiles';
import { verifyApp } from '../projections/verifyApp';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 320;

/** What nobody has written to for so long counts as it is: few disks take longer for an fsync. */
const QUIET_MS = 2000;

/** Where somebody always writes, what has deviated for so long counts, and nothing that came later. */
const LONGEST_MS = 5000;

/**
 * Verifies an app's builds. A deploy that is recorded right now looks like a deviation until its files are on disk: looks again as
 * long as somebody writes and there is something that this can explain. Everything else counts at the first look.
 */
export function verifySettled(builds: AppBuilds, pin?: string): Verified {
  let verified = verifyApp(builds, pin);
  let lasting = passingOf(verified);
  const begun = performance.now();
  for (let wait = FIRST_PAUSE_MS; passingOf(verified).length > 0 && isBeingWritten(builds);) {
    if (performance.now() - begun > LONGEST_MS) return withOnly(verified, lasting);
    pause(wait);
    wait = Math.min(2 * wait, LONGEST_PAUSE_MS);
    verified = verifyApp(builds, pin);
    lasting = passingOf(verified).filter((deviation) => isAmong(lasting, deviation));
  }
  return verified;
}

function passingOf({ deviations }: Verified): Deviation[] {
  return deviations.filter(({ mayPass }) => mayPass === true);
}

function withOnly(verified: Verified, lasting: readonly Deviation[]): Verified {
  const deviations = verified.deviations.filter((one) => one.mayPass !== true || isAmong(lasting, one));
  return { ...verified, deviations };
}

function isAmong(deviations: readonly Deviation[], { offset, meaning }: Deviation): boolean {
  return deviations.some((one) => one.offset === offset && one.meaning === meaning);
}

/** Whether anybody has written there just now, or is at it. */
function isBeingWritten({ directory }: AppBuilds): boolean {
  const isFresh = (path: string): boolean => Math.abs(ageOf(path) ?? Infinity) < QUIET_MS; // a clock may have been put back since
  if (isFresh(directory) || isFresh(join(directory, JOURNAL_FILE))) return true;
  return temporaryFiles(listDirectory(directory)).some(({ pid }) => isAlive({ pid }));
}
