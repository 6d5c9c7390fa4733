import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { parseAppName } from '../../../host/dokku/names';
import type { AppBuilds } from '../../../host/dokku/paths';
import { readSmallFile } from '../../../host/files/openFile';
import type { System } from '../../../host/system/system';
import type { BuildCommand } from '../../../journal/commands';
import type { BuildEvent } from '../../../journal/events';
import { closeJournal, JOURNAL_FILE, openJournalForAppend } from '../../../journal/file/journalFile';
import { type Handled, handleCommands } from '../../../journal/handleCommands';
import { buildsOf } from '../../../journal/history';
import { loadHistory } from '../../../journal/loadHistory';
import { recordText } from '../../../projections/records/record';
import { updateFiles } from '../../../projections/records/updateFiles';
import { temporaryDirectory } from '../../temporaryHost';
import { machine } from '../../host/system/machine';
import type { Warn } from '../../../host/failure';
import { minute } from '../../journal/buildEvents';
import { appendAll } from '../../journal/file/temporaryJournal';

/** The place of an app's builds, with nothing in it, below a directory that is removed when the test has ended. */
export function temporaryApp(t: ExecutionContext, name = 'myapp'): AppBuilds {
  return appIn(temporaryDirectory(t), name);
}

/** The same below a given directory. */
function appIn(buildsRoot: string, name: string): AppBuilds {
  const directory = join(buildsRoot, name);
  mkdirSync(directory, { recursive: true });
  return { app: parseAppName(name), directory, buildsRoot, mode: 'owner' };
}

/** Appends `events` to the app's journal, and leaves everything else as it is. */
export function append({ directory }: AppBuilds, ...events: BuildEvent[]): void {
  const journal = openJournalForAppend(join(directory, JOURNAL_FILE));
  try {
    appendAll(journal, events);
  } finally {
    closeJournal(journal);
  }
}

/** The machine of these specs: {@link EPOCH} is an hour and a half ago, and of all processes only this one runs. */
export const testMachine: System = machine(minute(90), process.pid);

/** Loads the history, decides, appends, and updates no file. */
export function record({ directory }: AppBuilds, ...commands: BuildCommand[]): Handled {
  return handleCommands(directory, loadHistory(directory), commands, testMachine);
}

/** The same, and updates all files. Fails if something could not be written. */
export function handle(builds: AppBuilds, ...commands: BuildCommand[]): Handled {
  const handled = record(builds, ...commands);
  update(builds, handled, 'all', refuseWarning);
  return handled;
}

/** Updates the files as they follow from `handled`. */
export function update(
  builds: AppBuilds,
  handled: Pick<Handled, 'loaded'>,
  scope: 'changed' | 'all',
  warn: Warn,
): void {
  updateFiles(builds, handled.loaded, scope, testMachine, warn);
}

/** For the `warn` of what must have nothing to warn of. */
export function refuseWarning(message: string): never {
  throw new Error(`unexpected warning: ${message}`);
}

/**
 * Names and contents of the files in the app's directory, but for the journal, the checkpoint and the notes. A file
 * that another process removes at that moment is not among them.
 */
export function filesOf({ directory }: AppBuilds): Record<string, string> {
  const names = readdirSync(directory).filter((name) => !name.startsWith('events.') && name !== '.notes');
  return Object.fromEntries(
    names.sort().flatMap((name) => {
      const text = readSmallFile(join(directory, name), LIMIT_BYTES);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

const LIMIT_BYTES = 1024 * 1024;

/** The record files that ought to be there: those that the whole journal makes. */
export function recordsOf({ app, directory }: AppBuilds): Record<string, string> {
  const sorted = buildsOf(loadHistory(directory).history).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return Object.fromEntries(sorted.map((build) => [`${build.id}.json`, recordText(app, build)]));
}

/** Writes a record as something else does that knows nothing of a journal. */
export function writeForeign({ app, directory }: AppBuilds, id: string, fields: object): void {
  const written = { id, app, kind: 'build', pid: 0, started_at: '2026-04-30T13:50:00Z', source: 'git-hook', ...fields };
  writeFileSync(join(directory, `${id}.json`), `${JSON.stringify(written)}\n`);
}
