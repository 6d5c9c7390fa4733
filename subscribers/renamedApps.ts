import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Host } from '../host/dokku/environment';
import { type AppName, asAppName, type BuildId } from '../host/dokku/names';
import { buildsRoot, recordPath } from '../host/dokku/paths';
import { makeDurableDirectory } from '../host/files/durable';
import { removeFile } from '../host/files/files';
import { readSmallFile } from '../host/files/openFile';
import { replaceFile } from '../host/files/replaceFile';

/*
 * A deploy that runs while its app is renamed goes on to use the old name. For each such build there is a file
 * `<builds>/.renamed/<build-id>` with the new name of its app, until the build has ended.
 */

const NAME_BYTES = 1024;

function directoryOf(host: Host): string {
  return join(buildsRoot(host), '.renamed');
}

/** Notes that these running builds belong to the app `name` now. Throws system errors. */
export function noteRenamed(host: Host, builds: readonly BuildId[], name: AppName): void {
  if (builds.length === 0) return;
  makeDurableDirectory(directoryOf(host), 0o700);
  for (const build of builds) replaceFile(join(directoryOf(host), build), name, { mode: 0o600, durable: true });
}

/**
 * Calls `work` with the name of the app that build `id` belongs to, which began as a build of `app`. If the app is
 * renamed during that, calls it again with the new name, so `work` must be repeatable. Returns and throws what the
 * last call does.
 */
export function underItsName<T>(host: Host, app: AppName, id: BuildId, work: (app: AppName) => T): T {
  const name = newNameOf(host, app, id);
  let result: T;
  try {
    result = work(name);
  } catch (error) {
    if (newNameOf(host, name, id) === name) throw error;
    return underItsName(host, name, id, work);
  }
  return newNameOf(host, name, id) === name ? result : underItsName(host, name, id, work);
}

/** The name of the app that build `id` belongs to. */
function newNameOf(host: Host, app: AppName, id: BuildId): AppName {
  if (existsSync(recordPath(host, app, id))) return app;
  try {
    return asAppName(readSmallFile(join(directoryOf(host), id), NAME_BYTES) ?? '') ?? app;
  } catch {
    return app;
  }
}

/** Removes the note about build `id`, which has ended. Throws system errors. */
export function forgetRenamed(host: Host, id: BuildId): void {
  removeFile(join(directoryOf(host), id));
}
