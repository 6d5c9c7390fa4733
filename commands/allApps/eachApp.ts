import { AppDoesNotExist, reasonOf } from '../../host/failure';
import { appProgress } from '../../host/terminal/appProgress';
import { ClosedPipe, type Output } from '../../host/terminal/output';
import type { AppName } from '../../host/dokku/names';

/**
 * What `read` gives for each of `apps`, in order. An app that was `named` fails as it fails; of all apps, one that
 * cannot be read is warned about and hides no other.
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
      if (!(error instanceof AppDoesNotExist)) output.warn(`${app}: ${reasonOf(error)}`); // else destroyed just now
      failed(app);
      return [];
    } finally {
      progress.done();
    }
  });
  progress.clear();
  return results;
}
