import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Call } from '../host/call';
import type { Host } from '../host/dokku/environment';
import { errorCode } from '../host/failure';
import { syncDirectory } from '../host/files/files';
import type { AppName } from '../host/dokku/names';
import { buildsDirectory, buildsRoot, propertiesDirectory } from '../host/dokku/paths';
import { JOURNAL_FILE } from '../journal/file/journalFile';
import { CHECKPOINT_FILE } from '../journal/checkpoint';
import { forgetRunning } from '../projections/lists/runningBuilds';
import { appArgument } from './arguments';

/**
 * `post-delete <app>`: the app is destroyed, and its builds and properties with it. May be run any number of times.
 */
export function postDelete({ host, args }: Call): undefined {
  const app = appArgument(args[0]);
  if (host.alongside) removeOwnFiles(buildsDirectory(host, app));
  else removeAll(host, app);
  forgetRunning(buildsRoot(host), app);
}

function removeAll(host: Host, app: AppName): void {
  for (const directory of [buildsDirectory(host, app), propertiesDirectory(host, app)]) {
    rmSync(directory, { recursive: true, force: true });
    if (existsSync(dirname(directory))) syncDirectory(dirname(directory)); // or a power cut brings it back
  }
}

/** Records, logs and properties are for the stock plugin to remove. */
function removeOwnFiles(directory: string): void {
  if (!existsSync(directory)) return;
  for (const name of [JOURNAL_FILE, CHECKPOINT_FILE]) rmSync(join(directory, name), { force: true });
  syncDirectory(directory); // or a power cut brings the history back
  try {
    rmdirSync(directory);
    syncDirectory(dirname(directory));
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'ENOTDIR'].includes(errorCode(error) ?? '')) throw error;
  }
}
