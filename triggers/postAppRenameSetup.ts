import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Call } from '../host/call';
import { makeDirectory } from '../host/system/files';
import { appBuilds, propertiesDirectory } from '../host/dokku/paths';
import { JOURNAL_FILE } from '../journal/file/journalFile';
import { catchUp } from '../projections/records/catchUp';
import { removeCheckpoint } from '../journal/checkpoint';
import { loadHistory } from '../journal/loadHistory';
import { listDirectory, recordedIds } from '../projections/records/recordFiles';
import { addRunning, forgetRunning } from '../projections/lists/runningBuilds';
import { settle } from '../projections/records/updateFiles';
import { appArgument } from './arguments';

/**
 * `post-app-rename-setup <old> <new>`: moves data and properties, each in one step, then puts the new name into the records.
 * Killed anywhere and run again it goes on where it was; until then nothing is in two places, or in none.
 */
export function postAppRenameSetup({ host, output, args }: Call): undefined {
  const from = appBuilds(host, appArgument(args[0]));
  const to = appBuilds(host, appArgument(args[1]));
  if (from.app === to.app) return;
  if (!host.alongside) move(propertiesDirectory(host, from.app), propertiesDirectory(host, to.app));
  const running = loadHistory(from.directory).history.builds.filter((build) => build.status === 'running');
  const names = running.map((build) => build.id);
  addRunning(to.buildsRoot, to.app, names); // before they are there: the view may name too much, never too little
  if (host.alongside) moveJournal(from.directory, to.directory);
  else move(from.directory, to.directory);
  forgetRunning(from.buildsRoot, from.app);
  const loaded = catchUp(to, Date.now(), output.warn);
  if (loaded.head.seq > 0) settle(to, { loaded, added: [] }, output.warn);
}

/** The stock plugin moves the directory, and the journal in it; if it has moved its own files only, this one follows. */
function moveJournal(from: string, to: string): void {
  if (recordedIds(listDirectory(from)).length > 0) return; // it is still to come
  removeCheckpoint(from);
  if (!existsSync(join(from, JOURNAL_FILE)) || existsSync(join(to, JOURNAL_FILE))) return;
  makeDirectory(to);
  renameSync(join(from, JOURNAL_FILE), join(to, JOURNAL_FILE));
}

/** What stands at `to` belongs to no app: the name was free until now. */
function move(from: string, to: string): void {
  if (!existsSync(from)) return;
  rmSync(to, { recursive: true, force: true });
  renameSync(from, to);
}
