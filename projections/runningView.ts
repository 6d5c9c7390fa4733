import * as fs from 'node:fs';
import { join } from 'node:path';

import { errorCode } from '../host/failure';
import { makeDirectory, ownLikeParent, readSmallFile, removeFile, replaceFile } from '../host/files';
import { type AppName, asAppName, asBuildId, type BuildId } from '../host/names';
import { listDirectory } from './recordFiles';

/*
 * Which builds of the host may be running, so that asking costs what is running and not what is installed: one empty file
 * `<builds>/.running/<app>/<build-id>` for each. It is made before the start is appended and removed after the end is on disk,
 * so it names too much at times (the app's journal says which), never too little. The seal beside them lists the same names
 * again. Where the two disagree (something was deleted, or two processes came at once) the view is not believed but made anew.
 */
const VIEW_DIRECTORY = '.running';
const SEAL_FILE = '.seal';
const SEAL_LIMIT_BYTES = 64 * 1024 * 1024;

/** A build that may be running. */
export interface MayRun {
  readonly app: AppName;
  readonly build: BuildId;
}

/** The view below `buildsRoot`; undefined when it cannot be trusted and has to be made anew. */
export function readRunning(buildsRoot: string): MayRun[] | undefined {
  const entries = listEntries(buildsRoot);
  return isSealed(buildsRoot, entries) ? entries : undefined;
}

/** The builds of `app` in the view; undefined when it cannot be trusted. */
export function runningOf(buildsRoot: string, app: AppName): BuildId[] | undefined {
  return readRunning(buildsRoot)
    ?.filter((entry) => entry.app === app)
    .map((entry) => entry.build);
}

/** To be called when the ends of these builds are on disk. Throws system errors. */
export function removeRunning(buildsRoot: string, app: AppName, builds: readonly BuildId[]): void {
  if (builds.length === 0) return;
  change(buildsRoot, () => {
    for (const build of builds) removeFile(join(buildsRoot, VIEW_DIRECTORY, app, build));
    removeIfEmpty(join(buildsRoot, VIEW_DIRECTORY, app));
  });
}

/** Makes the view anew: `running` are the builds that the journals say are running, `ended` tells of which one is known to have ended. */
export function rebuildRunning(
  buildsRoot: string,
  running: readonly MayRun[],
  ended: (entry: MayRun) => boolean,
): void {
  makeDirectory(join(buildsRoot, VIEW_DIRECTORY));
  for (const entry of running) addEntry(buildsRoot, entry);
  for (const entry of listEntries(buildsRoot).filter(ended)) {
    removeFile(join(buildsRoot, VIEW_DIRECTORY, entry.app, entry.build));
    removeIfEmpty(join(buildsRoot, VIEW_DIRECTORY, entry.app));
  }
  seal(buildsRoot, listEntries(buildsRoot));
}

/** Makes sure that the view names these builds of `app`: to be called before their starts are appended. Throws system errors. */
export function addRunning(buildsRoot: string, app: AppName, running: readonly BuildId[]): void {
  if (running.length === 0) return;
  change(buildsRoot, () => {
    for (const build of running) addEntry(buildsRoot, { app, build });
  });
}

/** The app is no more, or has another name now. */
export function forgetRunning(buildsRoot: string, app: AppName): void {
  change(buildsRoot, () => {
    fs.rmSync(join(buildsRoot, VIEW_DIRECTORY, app), { recursive: true, force: true });
  });
}

/** Changes what was believable into what is again; what was not stays so, for the next reader to make anew. */
function change(buildsRoot: string, make: () => void): void {
  const believable = isSealed(buildsRoot, listEntries(buildsRoot));
  make();
  if (believable) seal(buildsRoot, listEntries(buildsRoot));
  else removeFile(sealPath(buildsRoot));
}

function addEntry(buildsRoot: string, { app, build }: MayRun): void {
  const directory = join(buildsRoot, VIEW_DIRECTORY, app);
  for (;;) {
    makeDirectory(directory);
    try {
      const fd = fs.openSync(join(directory, build), 'a', 0o644);
      ownLikeParent(fd, directory);
      fs.closeSync(fd);
      return;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error; // another process has removed the empty directory just now
    }
  }
}

function removeIfEmpty(directory: string): void {
  try {
    fs.rmdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
  }
}

function listEntries(buildsRoot: string): MayRun[] {
  const view = join(buildsRoot, VIEW_DIRECTORY);
  const apps = listDirectory(view).map(asAppName);
  return apps
    .filter((app) => app !== undefined)
    .flatMap((app) => entriesOf(view, app))
    .sort((a, b) => (a.app < b.app || (a.app === b.app && a.build < b.build) ? -1 : 1));
}

function entriesOf(view: string, app: AppName): MayRun[] {
  const builds = listDirectory(join(view, app)).map(asBuildId);
  return builds.filter((build) => build !== undefined).map((build) => ({ app, build }));
}

function sealPath(buildsRoot: string): string {
  return join(buildsRoot, VIEW_DIRECTORY, SEAL_FILE);
}

function isSealed(buildsRoot: string, entries: readonly MayRun[]): boolean {
  try {
    return readSmallFile(sealPath(buildsRoot), SEAL_LIMIT_BYTES)?.toString() === sealText(entries);
  } catch {
    return false;
  }
}

function seal(buildsRoot: string, entries: readonly MayRun[]): void {
  replaceFile(sealPath(buildsRoot), sealText(entries), { mode: 0o644, durable: false });
}

function sealText(entries: readonly MayRun[]): string {
  return ['running', ...entries.map(({ app, build }) => `${app}/${build}`), 'end', ''].join('\n');
}
