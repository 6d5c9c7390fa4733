import { closeSync, constants, existsSync, openSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

import { type AppName, asAppName } from '../../../host/dokku/names';
import { errorCode } from '../../../host/failure';
import { makeDurableDirectory } from '../../../host/files/durable';
import { listDirectory, removeFile, syncDirectory } from '../../../host/files/files';
import { queueDirectory } from './queue';

/*
 * The apps whose journals may hold events that are not queued yet: one empty file each, `<builds>/.notify/apps/<app>`.
 * A process that appends an event makes it. The deliverer renames it to `=<app>`, queues the app's events, and removes
 * it: an event that is appended during that makes a new one, and a deliverer that is killed leaves one of the two.
 */

/** The directory of those files. It exists while there are any, and while a deliverer is at work. */
export function changedAppsDirectory(buildsRoot: string): string {
  return join(queueDirectory(buildsRoot), 'apps');
}

const TAKEN = '='; // no app's name begins so

/** Notes that `app` has events to be queued. On disk when it returns. Throws system errors. */
export function noteChangedApp(buildsRoot: string, app: AppName): void {
  const directory = changedAppsDirectory(buildsRoot);
  for (let tries = 1; ; tries += 1) {
    makeDurableDirectory(directory, 0o700);
    try {
      createEmpty(join(directory, app));
      break;
    } catch (error) {
      // a deliverer that ends removes the directory
      if (errorCode(error) !== 'ENOENT' || tries === MOST_TRIES) throw error;
    }
  }
  syncDirectory(directory);
}

const MOST_TRIES = 100;

/** Whether any app was noted: one look at a directory that nearly never exists. */
export function hasChangedApps(buildsRoot: string): boolean {
  return existsSync(changedAppsDirectory(buildsRoot)) && takenOrNoted(buildsRoot).length > 0;
}

/**
 * Takes the apps that were noted, and those that a killed deliverer had taken. Each is to be
 * {@link forgetChangedApp given back}.
 */
export function takeChangedApps(buildsRoot: string): AppName[] {
  const directory = changedAppsDirectory(buildsRoot);
  for (const name of takenOrNoted(buildsRoot))
    if (!name.startsWith(TAKEN)) renameSync(join(directory, name), join(directory, TAKEN + name));
  return takenOrNoted(buildsRoot).flatMap((name) =>
    name.startsWith(TAKEN) ? (asAppName(name.slice(TAKEN.length)) ?? []) : [],
  );
}

/** The events of an app that was taken are queued. */
export function forgetChangedApp(buildsRoot: string, app: AppName): void {
  removeFile(join(changedAppsDirectory(buildsRoot), TAKEN + app));
}

/** Removes the directory if nothing is in it. */
export function removeChangedAppsDirectory(buildsRoot: string): void {
  try {
    rmdirSync(changedAppsDirectory(buildsRoot));
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
  }
}

function takenOrNoted(buildsRoot: string): string[] {
  return listDirectory(changedAppsDirectory(buildsRoot));
}

function createEmpty(path: string): void {
  const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  closeSync(openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600));
}
