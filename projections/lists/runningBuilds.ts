import fs from 'node:fs';

import { errorCode } from '../../host/failure';
import { ageOf, listDirectory, makeDirectory, ownLikeParent, removeFile } from '../../host/files/files';
import { readSmallFile } from '../../host/files/openFile';
import { removeStaleTemporaries, replaceFile } from '../../host/files/replaceFile';
import type { System } from '../../host/system/system';
import { type AppName, asAppName, asBuildId, type BuildId } from '../../host/dokku/names';
import { crc32 } from '../../journal/file/format/checksums';

/*
 * The view of the builds of the host that may be alive: one empty file `<builds>/.running/<app>/<build-id>` for each.
 * So the cost of a list depends on the number of running builds, not of installed apps. The file is made before the
 * start is appended, and removed after the end is on disk, or when the process is found to be gone. So the view may
 * name too many builds (the app's journal says which run), never too few.
 *
 * A seal, the file `.seal`, holds their number and the exclusive-or of the CRC-32 of their names: it can be changed
 * without reading all entries. If the seal does not fit (an entry was deleted or damaged, two processes wrote at once,
 * one was killed in between), the view is made anew from the journals.
 */
const VIEW_DIRECTORY = '.running';
const SEAL_FILE = '.seal';
const SEAL_BYTES = 64;

/** A build that may be alive. */
export interface MayRun {
  readonly app: AppName;
  readonly build: BuildId;
}

/** The view below `buildsRoot`; undefined when it cannot be trusted and has to be made anew. */
export function readRunning(buildsRoot: string): MayRun[] | undefined {
  const seal = readSeal(buildsRoot);
  if (seal === undefined) return undefined;
  const entries = listEntries(buildsRoot);
  return sealText(sealOf(entries)) === sealText(seal) ? entries : undefined;
}

/** The builds of `app` in the view, even if the seal is wrong. */
export function runningOf(buildsRoot: string, app: AppName): BuildId[] {
  return listDirectory(`${buildsRoot}/${VIEW_DIRECTORY}/${app}`)
    .map(asBuildId)
    .filter((build) => build !== undefined);
}

/**
 * The entries of `app` that are older than {@link OLD_MS} at `now` (ms since the epoch). If the journal has no start
 * for such an entry, none will come: the process that made the entry was killed.
 */
export function oldEntriesOf(buildsRoot: string, app: AppName, now: number): ReadonlySet<BuildId> {
  const directory = `${buildsRoot}/${VIEW_DIRECTORY}/${app}`;
  return new Set(runningOf(buildsRoot, app).filter((build) => (ageOf(`${directory}/${build}`, now) ?? 0) > OLD_MS));
}

const OLD_MS = 60_000;

/**
 * Makes sure that the view names these builds of `app`: to be called before their starts are appended. Throws system
 * errors.
 */
export function addRunning(buildsRoot: string, app: AppName, builds: readonly BuildId[]): void {
  const added = builds.map((build) => ({ app, build })).filter((entry) => addEntry(buildsRoot, entry));
  if (added.length === 0) return;
  reseal(buildsRoot, added, 1);
}

/** To be called after the ends of these builds are on disk. Throws system errors. */
export function removeRunning(buildsRoot: string, app: AppName, builds: readonly BuildId[]): void {
  const entries = builds.map((build) => ({ app, build }));
  reseal(buildsRoot, removeEntries(buildsRoot, entries), -1);
}

/** To be called if the app was destroyed or renamed. Throws system errors. */
export function forgetRunning(buildsRoot: string, app: AppName): void {
  removeRunning(buildsRoot, app, runningOf(buildsRoot, app));
}

/**
 * Makes the view again: with the builds that are `running`, and without those that have `ended` for sure. A process
 * that was killed while it wrote the seal leaves a temporary file, and a seal that does not fit. So such files are
 * removed here. Throws system errors.
 */
export function rebuildRunning(
  buildsRoot: string,
  running: readonly MayRun[],
  ended: (entry: MayRun) => boolean,
  system: Pick<System, 'now' | 'isAlive'>,
): void {
  makeDirectory(ownDirectory(buildsRoot));
  for (const entry of running) addEntry(buildsRoot, entry);
  removeEntries(buildsRoot, listEntries(buildsRoot).filter(ended));
  writeSeal(buildsRoot, sealOf(listEntries(buildsRoot)));
  removeStaleTemporaries(`${buildsRoot}/${VIEW_DIRECTORY}`, system);
}

/** Adds an entry; false if it was there before. */
function addEntry(buildsRoot: string, { app, build }: MayRun): boolean {
  const directory = `${ownDirectory(buildsRoot, app)}/${app}`;
  if (exists(`${directory}/${build}`)) return false; // usual for a second call; an exception would take longer
  for (let tries = 1; ; tries += 1) {
    try {
      makeDirectory(directory);
      const fd = fs.openSync(`${directory}/${build}`, 'wx', 0o644);
      ownLikeParent(fd, directory);
      fs.closeSync(fd);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST' && exists(`${directory}/${build}`)) return false;
      if (tries === MOST_TRIES || !wasJustRemoved(error, directory)) throw error;
    }
  }
}

const MOST_TRIES = 100;

/**
 * Another process removes the directory of an app when it has become empty. Then this one makes it again.
 */
function wasJustRemoved(error: unknown, directory: string): boolean {
  return errorCode(error) === 'ENOENT' || (errorCode(error) === 'EEXIST' && !exists(directory));
}

function exists(path: string): boolean {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // a file where a directory belongs
  }
}

/** Makes the next reader read every app: for a process that could not add its build to the view. */
export function distrustRunning(buildsRoot: string): void {
  try {
    removeFile(sealPath(buildsRoot));
  } catch {
    // this user can neither read nor change the view; the journal is what counts
  }
}

/** Removes those of `entries` that are there, and the directories of apps that have no more; returns those. */
function removeEntries(buildsRoot: string, entries: readonly MayRun[]): MayRun[] {
  const removed = entries.filter(({ app, build }) => removeFile(`${ownDirectory(buildsRoot, app)}/${app}/${build}`));
  // Once for each app, not for each entry: the kernel searches a large directory for what is left in it.
  for (const app of new Set(removed.map((entry) => entry.app)))
    removeIfEmpty(`${ownDirectory(buildsRoot, app)}/${app}`);
  return removed;
}

function removeIfEmpty(directory: string): void {
  try {
    fs.rmdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
  }
}

/**
 * Where the view lies. A link in place of this directory, or of that of `app` in it, may lead anywhere: it is removed.
 */
function ownDirectory(buildsRoot: string, app = '.'): string {
  const view = `${buildsRoot}/${VIEW_DIRECTORY}`;
  for (const path of [view, `${view}/${app}`]) {
    if (fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) removeFile(path);
  }
  return view;
}

function listEntries(buildsRoot: string): MayRun[] {
  return listDirectory(`${buildsRoot}/${VIEW_DIRECTORY}`)
    .map(asAppName)
    .filter((app) => app !== undefined)
    .flatMap((app) => runningOf(buildsRoot, app).map((build) => ({ app, build })));
}

interface Seal {
  readonly count: number;
  readonly sum: number;
}

const EMPTY: Seal = { count: 0, sum: 0 };

function sealOf(entries: readonly MayRun[]): Seal {
  return changed(EMPTY, entries, 1);
}

function changed({ count, sum }: Seal, entries: readonly MayRun[], by: 1 | -1): Seal {
  const names = entries.map(({ app, build }) => crc32(Buffer.from(`${app}/${build}`)));
  return { count: count + by * entries.length, sum: names.reduce((all, one) => (all ^ one) >>> 0, sum) };
}

/** A view with a wrong seal keeps it, so that the next reader makes the view again. */
function reseal(buildsRoot: string, entries: readonly MayRun[], by: 1 | -1): void {
  if (entries.length === 0) return;
  const seal = readSeal(buildsRoot);
  if (seal !== undefined) writeSeal(buildsRoot, changed(seal, entries, by));
}

function sealPath(buildsRoot: string): string {
  return `${buildsRoot}/${VIEW_DIRECTORY}/${SEAL_FILE}`;
}

function readSeal(buildsRoot: string): Seal | undefined {
  try {
    const text = readSmallFile(sealPath(buildsRoot), SEAL_BYTES) ?? '';
    const [, count, sum] = /^running (\d+) ([0-9a-f]{8})\n$/.exec(text) ?? [];
    return count === undefined || sum === undefined ? undefined : { count: Number(count), sum: parseInt(sum, 16) };
  } catch {
    return undefined;
  }
}

function writeSeal(buildsRoot: string, seal: Seal): void {
  ownDirectory(buildsRoot);
  replaceFile(sealPath(buildsRoot), sealText(seal), { mode: 0o644, durable: false });
}

function sealText({ count, sum }: Seal): string {
  return `running ${count} ${sum.toString(16).padStart(8, '0')}\n`;
}
