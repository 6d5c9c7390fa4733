import { AppDoesNotExist, reasonOf } from '../../host/failure';
import { appProgress } from '../../host/terminal/appProgress';
import { ClosedPipe, type Output } from '../../host/terminal/output';
import type { AppName } from '../../host/dokku/names';

/**
 * Calls `read` for each of `apps`, and returns the results in order. If the app was `named`, an error of `read` is
 * thrown. Otherwise it is only a warning, and the other apps are still read.
 */
export function eachApp<T>(
  output: Output,
  apps: readonly AppName[],
  named: boolean,
  read: (app: AppName) => T,
  failed: (app: AppName) => void = () => undefined,
): T[] {
  if (named) return apps.map(read);
  const progress = appProgress(apps.length);
  const results = apps.flatMap((app) => {
    try {
      return [read(app)];
    } catch (error) {
      if (error instanceof ClosedPipe) throw error;
      progress.clear();
      if (!(error instanceof AppDoesNotExist)) output.warn(`${app}: ${reasonOf(error)}`); // else it was just destroyed
      failed(app);
      return [];
    } finally {
      progress.done();
    }
  });
  progress.clear();
  return results;
}
