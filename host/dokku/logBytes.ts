import { lstatSync } from 'node:fs';
import { join } from 'node:path';

import { listDirectory } from '../files/files';
import type { AppBuilds } from './paths';

/** Bytes that the logs of an app's builds take. Throws system errors. */
export function logBytes({ directory }: Pick<AppBuilds, 'directory'>): number {
  return listDirectory(directory)
    .filter((name) => name.endsWith('.log'))
    .reduce((sum, name) => sum + (lstatSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}
