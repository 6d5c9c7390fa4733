import { join } from 'node:path';

import { errorCode, Failure, reasonOf } from '../../host/failure';
import { removeFile, syncDirectory } from '../../host/files/files';
import { readSmallFile } from '../../host/files/openFile';
import { replaceFile, staleTemporaryFiles } from '../../host/files/replaceFile';
import { type AppName, asBuildId, type BuildId } from '../../host/dokku/names';
import type { System } from '../../host/system/system';
import { type Build, findBuild, type History } from '../../journal/history';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import { startedAmong } from '../../journal/startedAmong';
import { notedBuilds, notesPath } from '../conclusions/notes';
import { loadHistory } from '../../journal/loadHistory';
import { parseRecord, recordText } from './record';
import type { AdoptedRecord } from '../../journal/commands';

/** A larger record is not a record. */
const RECORD_LIMIT_BYTES = 64 * 1024;
const RECORD_MODE = 0o644; // as readable as the stock plugin leaves them

/**
 * What join of node:path gives; but that walks through every letter in JavaScript that has just been loaded, and a
 * trigger asks for dozens.
 */
function recordPathIn(directory: string, id: BuildId): string {
  return `${directory}/${id}.json`;
}

/** The ids of the builds that have a record file among `names`. */
export function recordedIds(names: readonly string[]): BuildId[] {
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => asBuildId(name.slice(0, -'.json'.length)))
    .filter((id) => id !== undefined);
}

/** A record file: what it says, and its text. */
export type RecordFile = AdoptedRecord & { readonly text: string };

/**
 * What the record file of build `id` says, or a sentence that says why it cannot be read; undefined when there is
 * none.
 */
export function readRecordFile(directory: string, id: BuildId): RecordFile | string | undefined {
  try {
    const text = readSmallFile(recordPathIn(directory, id), RECORD_LIMIT_BYTES);
    if (text === undefined) return undefined;
    const record = parseRecord(id, text);
    return typeof record === 'string' ? record : { ...record, text };
  } catch (error) {
    return reasonOf(error);
  }
}

/** Texts of record files that were read a moment ago, by build. */
export type RecordTexts = ReadonlyMap<BuildId, string>;

/**
 * Makes the record files of `builds` in `directory` say what these say. Files that are true already are not touched;
 * an unreadable one is replaced. A file whose text is in `known` is not read again. One that cannot be written does
 * not keep the others from being written; then throws the system error.
 */
export function writeRecords(directory: string, app: AppName, builds: readonly Build[], known?: RecordTexts): void {
  const stale = staleRecords(directory, app, builds, known).filter((build) => !isEndedMeanwhile(directory, build));
  const failures = stale.flatMap((build): unknown[] => {
    try {
      replaceFile(recordPathIn(directory, build.id), recordText(app, build), { mode: RECORD_MODE, durable: true });
      return [];
    } catch (error) {
      return [error];
    }
  });
  if (failures.length > 0) throw failures[0];
}

/**
 * Whether another program has recorded the end of an adopted build since its record was adopted. The stock plugin does
 * that if it answers again while a process of this plugin still works. The next command adopts that end.
 */
function isEndedMeanwhile(directory: string, build: Build): boolean {
  if (build.status !== 'running' || !build.adopted) return false;
  const record = readRecordFile(directory, build.id);
  return typeof record === 'object' && record.ended !== undefined;
}

/** Those of `builds` whose record files do not say what they say, or are not there. */
export function staleRecords(directory: string, app: AppName, builds: readonly Build[], known?: RecordTexts): Build[] {
  return builds.filter(
    (build) => (known?.get(build.id) ?? recordContent(directory, build.id)) !== recordText(app, build),
  );
}

/** The text of the record file of build `id`; undefined when there is none, or nothing that can be one. */
export function recordContent(directory: string, id: BuildId): string | undefined {
  try {
    return readSmallFile(recordPathIn(directory, id), RECORD_LIMIT_BYTES);
  } catch {
    return undefined;
  }
}

/** Called for each file that cannot be removed. The others are removed all the same. */
export type Failed = (error: Error) => void;

/**
 * Removes the records and logs of pruned builds. The log first: if this process is killed in between, the next one
 * finds the record, and removes the rest.
 */
export function removeBuildFiles(directory: string, builds: readonly BuildId[], failed: Failed): void {
  for (const id of builds) {
    removeLog(directory, id, failed);
    removeLeftover(recordPathIn(directory, id), failed);
  }
}

/** Removes the log of build `id`. */
export function removeLog(directory: string, id: BuildId, failed: Failed): void {
  removeLeftover(`${directory}/${id}.log`, failed);
}

/** Removes the {@link leftovers} of crashes from `directory`. */
export function sweep(
  directory: string,
  history: History,
  names: readonly string[],
  system: System,
  failed: Failed,
): void {
  const paths = leftovers(directory, history, names, system);
  if (paths.some((path) => path.endsWith('.tmp'))) syncDirectory(directory); // a new journal may have two names
  for (const path of paths) removeLeftover(path, failed);
}

function removeLeftover(path: string, failed: Failed): void {
  try {
    removeFile(path);
  } catch (error) {
    // this program makes no directory of that name
    if (errorCode(error) !== 'EISDIR') failed(new Failure(`${path}: ${reasonOf(error)}`));
  }
}

/**
 * What crashes have left in `directory`, whose listing is `names`: records and logs of pruned builds, pruned logs,
 * notes about builds that have ended, and temporary files whose writer is gone. Paths.
 */
export function leftovers(directory: string, history: History, names: readonly string[], system: System): string[] {
  const there = new Set(names);
  const prunedFiles = [...history.pruned, ...prunedLongAgo(directory, history, names)]
    .filter((id) => findBuild(history, id) === undefined)
    .flatMap((id) => [`${id}.log`, `${id}.json`]); // in the order of removeBuildFiles
  const prunedLogs = Object.values(history.builds).flatMap(({ id, logPruned }) => (logPruned ? [`${id}.log`] : []));
  const oldNotes = notedBuilds(directory).filter((id) => findBuild(history, id)?.status !== 'running');
  return [
    ...[...prunedFiles, ...prunedLogs].filter((name) => there.has(name)).map((name) => join(directory, name)),
    ...oldNotes.map((id) => notesPath(directory, id)),
    ...staleTemporaryFiles(directory, names, system),
  ];
}

/**
 * Builds with a record that were pruned so long ago that the history does not remember it. The journal is read once
 * for all of them, after the listing: a build that starts during that is on record, and stays.
 */
function prunedLongAgo(directory: string, history: History, names: readonly string[]): BuildId[] {
  const pruned = new Set(history.pruned);
  return prunedAmong(
    directory,
    recordedIds(names).filter((id) => findBuild(history, id) === undefined && !pruned.has(id)),
  );
}

/** Those of `ids` that have started, but are not on record now. Reads the whole journal if there are ids. */
export function prunedAmong(directory: string, ids: readonly BuildId[]): BuildId[] {
  const started = startedAmong(join(directory, JOURNAL_FILE), new Set(ids));
  if (started.length === 0) return [];
  const now = loadHistory(directory).history;
  return started.filter((id) => findBuild(now, id) === undefined);
}
