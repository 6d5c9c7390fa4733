import { join } from 'node:path';

import { listDirectory } from '../../host/files/files';
import { printable, reasonOf, type Warn } from '../../host/failure';
import { compareTimestamps, parseTimestamp } from '../../host/durations';
import type { BuildId } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import type { System } from '../../host/system/system';
import type { BuildCommand } from '../../journal/commands';
import { decide, evolveAll } from '../../journal/decider';
import { JournalNotWritten } from '../../journal/errors';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import { handleCommands } from '../../journal/handleCommands';
import { buildsOf, findBuild, type History } from '../../journal/history';
import { type Loaded, loadHistory } from '../../journal/loadHistory';
import { UsedIds } from '../../journal/usedIds';
import { addRunning } from '../lists/runningBuilds';
import { warnOfProblems } from '../problemWarnings';
import { readRecordFile, type RecordFile, recordedIds, type RecordTexts } from './recordFiles';

/** An app's history with the records that something else wrote. */
export interface Adopted {
  readonly loaded: Loaded;
  /** The names of the files in the app's directory. */
  readonly names: readonly string[];
  /** The texts of the record files that were read. */
  readonly texts: RecordTexts;
  /**
   * Why the journal could not be written; undefined if it was written, or did not have to be. Without the journal,
   * adopted records are in memory only.
   */
  readonly notWritten: string | undefined;
}

/**
 * Loads an app's history and adopts the records that the journal does not know, in one pass. A reader, and anyone who
 * cannot write the journal, adopts them in memory. Warns of what is damaged or cannot be read. Calls `onRecord` for
 * each record that it reads. Throws system errors.
 */
export function adoptRecords(
  builds: AppBuilds,
  system: System,
  warn: Warn,
  onRecord: () => void = () => undefined,
): Adopted {
  const before = loadAtRest(builds, system);
  const names = listDirectory(builds.directory); // after it: what was recorded in between is unknown, not removed
  warnOfProblems(builds, before.problems, warn);
  const records = unknownRecords(builds, before.history, names, system, { warn, onRecord });
  let loaded = before;
  let notWritten: string | undefined;
  const failed = (reason: string): void => {
    notWritten ??= reason;
  };
  if (records.length > 0) loaded = add(builds, loaded, { type: 'AdoptBuilds', records }, system, failed);
  if (builds.mode === 'alongside')
    loaded = removals(before.history, names, system).reduce(
      (now, command) => add(builds, now, command, system, failed),
      loaded,
    );
  else if (records.length > 0)
    loaded = add(builds, loaded, removedMeanwhile(before.history, loaded.history, names, system.now()), system, failed);
  return { loaded, names, texts: new Map(records.map(({ started, text }) => [started.build, text])), notWritten };
}

/** Warns if records of another program could not be written to the journal of `builds`. */
export function warnOfNotAdopted({ app }: AppBuilds, { notWritten }: Pick<Adopted, 'notWritten'>, warn: Warn): void {
  if (notWritten === undefined) return;
  warn(`The records of ${app} that another program wrote are not in its journal: ${notWritten}`);
}

const WRITING_MS = 10;

/** The history. If the journal ends in half a frame, it is read again a moment later: somebody may be writing. */
export function loadAtRest({ directory, onRead }: AppBuilds, system: System): Loaded {
  const loaded = loadHistory(directory, onRead);
  if (!loaded.problems.some((problem) => problem.type === 'damage' && problem.tail)) return loaded;
  system.pause(WRITING_MS);
  return loadHistory(directory);
}

function add(
  builds: AppBuilds,
  loaded: Loaded,
  command: BuildCommand,
  system: System,
  failed: (reason: string) => void,
): Loaded {
  if (command.type === 'NoteRemoved' && command.builds.length === 0) return loaded;
  try {
    if (builds.mode !== 'reader') {
      showRunning(builds, command, system);
      return handleCommands(builds.directory, loaded, [command], system).loaded;
    }
  } catch (error) {
    if (!(error instanceof JournalNotWritten)) throw error;
    failed(error.message);
  }
  const known = new UsedIds(join(builds.directory, JOURNAL_FILE)).noteIn(command, loaded);
  const events = decide(loaded.history, known);
  return events.length === 0 ? loaded : { ...loaded, history: evolveAll(loaded.history, events), inMemory: true };
}

/** A running build is in the view of running builds before its start is in the journal. */
function showRunning({ app, buildsRoot }: AppBuilds, command: BuildCommand, system: System): void {
  if (command.type !== 'AdoptBuilds') return;
  const running = command.records.filter(
    ({ started, ended }) => ended === undefined && system.isAlive(started.process),
  );
  try {
    addRunning(
      buildsRoot,
      app,
      running.map(({ started }) => started.build),
    );
  } catch (error) {
    throw new JournalNotWritten(buildsRoot, reasonOf(error));
  }
}

/** What the records among `names` say that the history does not, oldest first. */
function unknownRecords(
  builds: AppBuilds,
  history: History,
  names: readonly string[],
  system: System,
  { warn, onRecord }: { readonly warn: Warn; readonly onRecord: () => void },
): RecordFile[] {
  const found: RecordFile[] = [];
  const unreadable: { id: BuildId; reason: string }[] = [];
  const pruned = new Set(history.pruned);
  for (const id of recordedIds(names)) {
    const build = findBuild(history, id);
    if (build === undefined ? pruned.has(id) : build.status !== 'running') continue;
    const record = readRecordFile(builds.directory, id);
    onRecord();
    if (record === undefined) continue;
    if (typeof record === 'string') {
      if (build === undefined) unreadable.push({ id, reason: record });
    } else if (build === undefined) {
      found.push(record);
    } else if (record.ended && (builds.mode === 'alongside' || build.adopted || !system.isAlive(build.process))) {
      found.push(record); // something else has recorded the end
    }
  }
  warnOfUnreadable(builds, unreadable, warn);
  return oldestFirst(found);
}

/** By their starts; builds that started at once by their ids. */
function oldestFirst(records: readonly RecordFile[]): RecordFile[] {
  return records.toSorted(
    ({ started: a }, { started: b }) => compareTimestamps(a.startedAt, b.startedAt) || (a.build < b.build ? -1 : 1),
  );
}

/** One warning, however many there are. */
function warnOfUnreadable(
  { app }: AppBuilds,
  unreadable: readonly { readonly id: BuildId; readonly reason: string }[],
  warn: Warn,
): void {
  const [first] = unreadable;
  if (first === undefined) return;
  const what = `The record ${app}/${first.id} cannot be read (${printable(first.reason)})`;
  if (unreadable.length === 1) warn(`${what}; it is left alone`);
  else warn(`${what}, nor can ${unreadable.length - 1} other records of ${app}; they are left alone`);
}

/** From the end of a build to its record on disk it takes no more than this. */
const RECORDING_MS = 60_000;

/**
 * If something else has recorded builds, it has applied its retention, too: of the oldest builds that have ended,
 * those without a record and a log. A build that is missing behind one that is left was deleted by somebody. A build
 * that has ended just now is ignored: its record may be on its way. `before` is the history that the listing
 * followed.
 */
function removedMeanwhile(before: History, after: History, names: readonly string[], now: number): BuildCommand {
  const there = new Set(names);
  const removed: BuildId[] = [];
  for (const id of after.order) {
    const build = findBuild(after, id);
    if (build === undefined || build.status === 'running') continue;
    if (there.has(`${id}.json`) || there.has(`${id}.log`)) return { type: 'NoteRemoved', builds: removed };
    const known = findBuild(before, id);
    const isRecent = now - (parseTimestamp(build.finishedAt) ?? now) <= RECORDING_MS;
    if (known !== undefined && known.status !== 'running' && !isRecent) removed.push(id);
  }
  return { type: 'NoteRemoved', builds: [] }; // nothing is left
}

/** What the stock plugin has removed that keeps the records: ended builds, and running ones whose process is gone. */
function removals(history: History, names: readonly string[], system: System): BuildCommand[] {
  const there = new Set(names);
  const removed = buildsOf(history).filter(({ id }) => !there.has(`${id}.json`));
  const dead = removed.filter((build) => build.status === 'running' && !system.isAlive(build.process));
  return [
    { type: 'NoteRemoved', builds: removed.map(({ id }) => id) },
    ...dead.map(({ id }) => ({ type: 'DiscardBuild', build: id }) as const),
  ];
}
