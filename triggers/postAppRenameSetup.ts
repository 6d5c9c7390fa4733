import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Call } from '../host/call';
import type { BuildId } from '../host/dokku/names';
import type { AppBuilds } from '../host/dokku/paths';
import { propertiesDirectory } from '../host/dokku/paths';
import { makeDurableDirectory } from '../host/files/durable';
import { listDirectory, syncDirectory } from '../host/files/files';
import { removeCheckpoint } from '../journal/checkpoint';
import { JOURNAL_FILE } from '../journal/file/journalFile';
import { type History, runningBuilds } from '../journal/history';
import { loadHistory } from '../journal/loadHistory';
import { addRunning, forgetRunning } from '../projections/lists/runningBuilds';
import { adoptRecords } from '../projections/records/adoptRecords';
import { recordedIds } from '../projections/records/recordFiles';
import { updateFiles } from '../projections/records/updateFiles';
import { contextOf } from '../subscribers/recordDeploy';
import { noteRenamed } from '../subscribers/renamedApps';
import { appArgument } from './arguments';

/**
 * `post-app-rename-setup <old> <new>`: moves data and properties, each in one step, then writes the new name into the
 * records. If it is killed and runs again, it continues; until then each file is in exactly one place. A deploy that
 * is running continues to use the old name; its end is recorded under the new one.
 */
export function postAppRenameSetup({ host, output, args }: Call): undefined {
  const { builds: from } = contextOf(host, appArgument(args[0]), output.warn);
  const { builds: to, system, warn } = contextOf(host, appArgument(args[1]), output.warn);
  if (from.app === to.app) return;
  if (from.mode === 'owner') move(propertiesDirectory(host, from.app), propertiesDirectory(host, to.app));
  const running = runningIn(loadHistory(from.directory).history);
  addRunning(to.buildsRoot, to.app, running); // before they are there: the view may name too much, never too little
  noteRenamed(host, running, to.app);
  if (from.mode === 'owner') move(from.directory, to.directory);
  else moveJournal(from, to);
  forgetRunning(from.buildsRoot, from.app);
  const { loaded } = adoptRecords(to, system, warn);
  const startedDuringMove = runningIn(loaded.history).filter((id) => !running.includes(id));
  addRunning(to.buildsRoot, to.app, startedDuringMove);
  noteRenamed(host, startedDuringMove, to.app);
  if (loaded.head.seq > 0) updateFiles(to, loaded, 'all', system, warn);
}

function runningIn(history: History): BuildId[] {
  return runningBuilds(history).map(({ id }) => id);
}

/**
 * Alongside, the stock plugin moves the directory with the journal in it. If it has moved only its own files, this
 * moves the journal.
 */
function moveJournal(from: AppBuilds, to: AppBuilds): void {
  if (recordedIds(listDirectory(from.directory)).length > 0) return; // the stock plugin has not moved them yet
  removeCheckpoint(from.directory);
  const [source, target] = [join(from.directory, JOURNAL_FILE), join(to.directory, JOURNAL_FILE)];
  if (!existsSync(source) || existsSync(target)) return;
  makeDurableDirectory(to.directory);
  renameSync(source, target);
  for (const directory of [to.directory, from.directory, to.buildsRoot]) syncDirectory(directory);
}

/** A file at `to` belongs to no app, because the name was free until now. */
function move(from: string, to: string): void {
  if (!existsSync(from)) return;
  rmSync(to, { recursive: true, force: true });
  renameSync(from, to);
  syncDirectory(dirname(to));
}
