import { lstatSync, type Stats } from 'node:fs';

import { removeFile, removeStaleTemporaries } from '../../host/system/files';
import type { AppName } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import type { Build } from '../../journal/history';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import { readStored, writeStored } from '../../journal/storedTwice';

/*
 * The newest build of every app whose builds have all ended, with what the app's directory and its journal looked like before they were
 * read: a report of all apps then costs two looks at each one that nothing has happened to since. Whatever adds to the directory,
 * removes or renames something in it, or appends to the journal, changes how it looks. A shortcut, never the truth.
 */

/** Its name, beside the apps' directories. */
export const REPORTS_FILE = '.reports';

/** Of the layout and of what a build is: whoever changes either adds one, and older files are passed over. */
const VERSION = 1;

/** What has changed within the last so many ms may change again in the same tick of the file system's clock, and look the same. */
const UNSETTLED_MS = 2000;

/** How an app's files look: inodes, sizes, and when anything about them changed last. */
export interface Look {
  readonly sight: string;
  /** The last change (ctime), ms since the epoch. */
  readonly changed: number;
}

/** How they look now; undefined when the app has no directory, or when that or its journal is not what it ought to be, or hidden. */
export function lookAt({ directory }: AppBuilds): Look | undefined {
  try {
    const own = lstatSync(directory, { throwIfNoEntry: false });
    const journal = lstatSync(`${directory}/${JOURNAL_FILE}`, { throwIfNoEntry: false });
    if (own?.isDirectory() !== true || journal?.isFile() === false) return undefined;
    return {
      sight: [own.ino, own.ctimeMs, ...(journal ? sightOf(journal) : [])].join(' '),
      changed: Math.max(own.ctimeMs, journal?.ctimeMs ?? 0),
    };
  } catch {
    return undefined; // whoever reads it says why
  }
}

function sightOf({ ino, size, ctimeMs }: Stats): number[] {
  return [ino, size, ctimeMs];
}

interface Entry {
  readonly sight: string;
  /** `null`: the app has no build. */
  readonly newest: Build | null;
}

/** What is stored of the apps of a host. */
export class StoredReports {
  readonly #buildsRoot: string;
  readonly #entries: Map<string, Entry>;
  #changed = false;

  /** Reads what is stored below `buildsRoot`. Never throws. */
  constructor(buildsRoot: string) {
    this.#buildsRoot = buildsRoot;
    this.#entries = readEntries(pathIn(buildsRoot));
  }

  /** The newest build of `app` (`null`: it has none), if it is stored and the app still looks as it did then. */
  newestBuild(app: AppName, look: Look): Build | null | undefined {
    const entry = this.#entries.get(app);
    return entry?.sight === look.sight ? entry.newest : undefined;
  }

  /** Notes what was read at `now` (ms since the epoch) of `app`, all of whose builds have ended, after it looked so. */
  note(app: AppName, { sight, changed }: Look, newest: Build | undefined, now: number): void {
    if (now - changed < UNSETTLED_MS) return;
    this.#entries.set(app, { sight, newest: newest ?? null });
    this.#changed = true;
  }

  /** Stores what has been noted, for those of `apps` that are still there. Throws system errors. */
  store(apps: readonly AppName[]): void {
    if (!this.#changed) return;
    const kept = apps.flatMap((app) => {
      const entry = this.#entries.get(app);
      return entry ? [[app, entry.sight, entry.newest]] : [];
    });
    writeStored(pathIn(this.#buildsRoot), [VERSION, kept]);
    sweepStoredReports(this.#buildsRoot);
    this.#changed = false;
  }
}

function readEntries(path: string): Map<string, Entry> {
  try {
    const [version, entries] = readStored(path) as [number, [string, string, Build | null][]];
    const whole = version === VERSION ? entries.filter(([, , newest]) => newest === null || isEnded(newest)) : [];
    return new Map(whole.map(([app, sight, newest]) => [app, { sight, newest }]));
  } catch {
    return new Map(); // there is none, or something else in its place
  }
}

/** Whether a build that comes from a file has all that a report says of it. */
function isEnded(build: Partial<Build>): boolean {
  const { id, kind, source, process, startedAt, status } = build;
  if (status === undefined || status === 'running' || !('exitCode' in build) || !('finishedAt' in build)) return false;
  return (
    [id, kind, source, startedAt, build.finishedAt].every((text) => typeof text === 'string') &&
    typeof process?.pid === 'number'
  );
}

function pathIn(buildsRoot: string): string {
  return `${buildsRoot}/${REPORTS_FILE}`;
}

/** Removes what those have left who were killed while they stored. Never throws. No deploy does this: it reads the directory of all apps. */
export function sweepStoredReports(buildsRoot: string): void {
  try {
    removeStaleTemporaries(buildsRoot, (pid) => isAlive({ pid }));
  } catch {
    // nothing was ever stored
  }
}

/** Forgets what is stored below `buildsRoot`. Throws system errors. */
export function forgetStoredReports(buildsRoot: string): void {
  removeFile(pathIn(buildsRoot));
}
