import type { AppBuilds } from '../../host/dokku/paths';
import { thisSystem } from '../../host/system/system';
import { countRead, showProgress } from '../../host/terminal/progress';
import type { Warn } from '../../host/failure';
import { type Adopted, adoptRecords, warnOfNotAdopted } from '../../projections/records/adoptRecords';

/** Adopts the records of an app, on a terminal with progress if they are many. */
export function adoptWithProgress(builds: AppBuilds, warn: Warn): Adopted {
  const progress = showProgress();
  const clearAndWarn = (message: string): void => {
    progress.clear();
    warn(message);
  };
  try {
    return adoptRecords(builds, thisSystem, clearAndWarn, countRead(builds.app, 'records', progress));
  } finally {
    progress.clear();
  }
}

/** The same for a command that reads the events themselves: warns if the records could not be made into events. */
export function adoptIntoJournal(builds: AppBuilds, warn: Warn): Adopted {
  const adopted = adoptWithProgress(builds, warn);
  warnOfNotAdopted(builds, adopted, warn);
  return adopted;
}
