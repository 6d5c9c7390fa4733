import * as fs from 'node:fs';
import { join } from 'node:path';

import { errorCode, Failure, reasonOf } from '../../host/failure';
import { readSmallFile, removeFile, replaceFile, staleTemporaryFiles } from '../../host/system/files';
import { type AppName, asBuildId, type BuildId } from '../../host/dokku/names';
import { type Build, findBuild, type History } from '../../journal/history';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import { wasEverStarted } from '../../journal/file/wasEverStarted';
import { loadHistory } from '../../journal/loadHistory';
import { parseRecord, type RecordedElsewhere, recordText } from './record';

/** A larger record is not a record. */
const RECORD_LIMIT_BYTES = 64 * 1024;
const RECORD_MODE = 0o644; // as readable as the stock plugin leaves them

/** What join of node:path gives; but that walks through every letter in JavaScript that has just been loaded, and a trigger asks for dozens. */
function recordPathIn(directory: string, id: BuildId): string {
  return `${directory}/${id}.json`;
}

/** The names in `directory`; none when it does not exist. */
export function listDirectory(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The ids of the builds that have a record file among `names`. */
export function recordedIds(names: readonly string[]): BuildId[] {
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => asBuildId(name.slice(0, -'.json'.length)))
    .filter((id) => id !== undefined);
}

/** What the record file of build `id` says, or a sentence that says why it cannot be read; undefined when there is none. */
export function readRecordFile(directory: string, id: BuildId): RecordedElsewhere | string | undefined {
  try {
    const text = readSmallFile(recordPathIn(directory, id), RECORD_LIMIT_BYTES);
    return text === undefined ? undefined : parseRecord(id, text);
  } catch (error) {
    return reasonOf(error);
  }
}

/**
 * Makes the record files of `builds` in `directory` say what these say. Files that are true already are not touched; an unreadable one is
 * replaced. One that cannot be written does not keep the others from it; then throws the system error.
 */
export function writeRecords(directory: string, app: AppName, builds: readonly Build[]): void {
  const failures = staleRecords(directory, app, builds).flatMap((build): unknown[] => {
    try {
      replaceFile(recordPathIn(directory, build.id), recordText(app, build), { mode: RECORD_MODE, durable: true });
      return [];
    } catch (error) {
      return [error];
    }
  });
  if (failures.length > 0) throw failures[0];
}

/** Those of `builds` whose record files do not say what they say, or are not there. */
export function staleRecords(directory: string, app: AppName, builds: readonly Build[]): Build[] {
  return builds.filter((build) => recordContent(directory, build.id) !== recordText(app, build));
}

/** The text of the record file of build `id`; undefined when there is none, or nothing that can be one. */
export function recordContent(directory: string, id: BuildId): string | undefined {
  try {
    return readSmallFile(recordPathIn(directory, id), RECORD_LIMIT_BYTES);
  } catch {
    return undefined;
  }
}

/** Is told of what cannot be removed. That does not keep anything else from being removed. */
export type Failed = (error: Error) => void;

/** Removes the records and logs of builds that have left. The log first: a record tells whoever comes next that something is left, a log alone does not. */
export function removeBuildFiles(directory: string, builds: readonly BuildId[], failed: Failed): void {
  for (const id of builds) {
    removeLeftover(`${directory}/${id}.log`, failed);
    removeLeftover(recordPathIn(directory, id), failed);
  }
}

/** Removes the {@link leftovers} of crashes from `directory`. */
export function sweep(
  directory: string,
  history: History,
  names: readonly string[],
  alive: (pid: number) => boolean,
  failed: Failed,
): void {
  for (const path of leftovers(directory, history, names, alive)) removeLeftover(path, failed);
}

function removeLeftover(path: string, failed: Failed): void {
  try {
    removeFile(path);
  } catch (error) {
    if (errorCode(error) !== 'EISDIR') failed(new Failure(`${path}: ${reasonOf(error)}`)); // a directory is none of ours
  }
}

/**
 * What crashes have left in `directory`, whose listing is `names`: records and logs of builds that have departed, and temporary files
 * whose writer is gone. Paths.
 */
export function leftovers(
  directory: string,
  history: History,
  names: readonly string[],
  alive: (pid: number) => boolean,
): string[] {
  const there = new Set(names);
  const departed = [...history.departed, ...longDeparted(directory, history, names)];
  const ofDeparted = departed
    .filter((id) => findBuild(history, id) === undefined)
    .flatMap((id) => [`${id}.log`, `${id}.json`]) // as removeBuildFiles has it
    .filter((name) => there.has(name));
  return [...ofDeparted.map((name) => join(directory, name)), ...staleTemporaryFiles(directory, names, alive)];
}

/**
 * Builds with a record that have started and left before those that the history remembers. Judged by the journal as it is after the
 * listing, and whether one has left only after it is known to have started: one that starts meanwhile is on record, and stays.
 */
function longDeparted(directory: string, history: History, names: readonly string[]): BuildId[] {
  const unknown = recordedIds(names).filter(
    (id) => findBuild(history, id) === undefined && !history.departed.includes(id),
  );
  const everStarted = unknown.filter((id) => wasEverStarted(join(directory, JOURNAL_FILE), id));
  if (everStarted.length === 0) return [];
  const now = loadHistory(directory).history;
  return everStarted.filter((id) => findBuild(now, id) === undefined);
}
