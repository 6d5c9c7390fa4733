import type { BuildId } from '../host/dokku/names';
import { buildsOf, type History } from './history';

/**
 * The builds that have to go so that at most `retention` finished ones stay, oldest first. Running builds are not
 * counted. The most recent success goes last: a row of failures must not remove the build that an app runs on.
 */
export function beyondRetention(history: History, retention: number): BuildId[] {
  const finished = buildsOf(history).filter((build) => build.status !== 'running');
  const excess = finished.length - retention;
  if (excess <= 0) return [];
  const lastSuccess = finished.findLast((build) => build.status === 'succeeded');
  const ids = finished.filter((build) => build !== lastSuccess).map((build) => build.id);
  return ids.slice(0, excess);
}
