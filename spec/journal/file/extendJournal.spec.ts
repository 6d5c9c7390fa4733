import fs, { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { extendJournal } from '../../../journal/file/extendJournal';
import { JOURNAL_FILE } from '../../../journal/file/journalFile';
import { loadHistory } from '../../../journal/loadHistory';
import { record, temporaryApp } from '../../projections/records/temporaryApp';
import { finish, start } from '../buildCommands';

/** The directory of an app with one event, and a copy of its journal that has one more. */
function appAndCopy(t: ExecutionContext) {
  const builds = temporaryApp(t);
  const path = join(builds.directory, JOURNAL_FILE);
  record(builds, start('b1'));
  const first = readFileSync(path);
  record(builds, finish('b1'));
  const copy = readFileSync(path);
  writeFileSync(path, first);
  return { builds, directory: builds.directory, path, first, copy };
}

test('a journal is put where there is none, or only its beginning, or the same one', (t) => {
  const { directory, path, first, copy } = appAndCopy(t);
  for (const before of [undefined, Buffer.alloc(0), first, copy]) {
    fs.rmSync(path);
    if (before !== undefined) writeFileSync(path, before);
    t.true(extendJournal(path, copy));
    t.true(readFileSync(path).equals(copy));
    t.is(fs.statSync(path).mode & 0o777, 0o600);
  }
  t.deepEqual(readdirSync(directory), [JOURNAL_FILE]);
});

test('a journal with other events stays as it is', (t) => {
  const { path, first, copy } = appAndCopy(t);
  const other = Buffer.concat([first, Buffer.from('another frame')]);
  for (const there of [other, Buffer.concat([copy, Buffer.of(0)])]) {
    writeFileSync(path, there);
    t.false(extendJournal(path, copy));
    t.true(readFileSync(path).equals(there));
  }
});

test.serial('an event that is appended before the rename stays in the journal', (t) => {
  const { builds, directory, path, copy } = appAndCopy(t);
  atRenames(t, [() => record(builds, start('b2'))]);
  t.false(extendJournal(path, copy));
  t.deepEqual(buildsIn(directory), ['b1', 'b2']);
  t.false(existsSync(`${path}.restored`));
});

test.serial('an event that is appended to the new journal before the old one is put back is kept', (t) => {
  const { builds, directory, path, copy } = appAndCopy(t);
  atRenames(t, [() => record(builds, start('b2')), () => record(builds, start('b3'))]);
  t.false(extendJournal(path, copy));
  t.deepEqual(buildsIn(directory), ['b1', 'b2']);
  fs.renameSync(`${path}.restored`, path);
  t.deepEqual(buildsIn(directory), ['b1', 'b3']);
});

function buildsIn(directory: string): string[] {
  return Object.keys(loadHistory(directory).history.builds);
}

/** Does one of `works` before each rename. */
function atRenames(t: ExecutionContext, works: (() => void)[]): void {
  const { renameSync } = fs;
  t.teardown(() => Object.assign(fs, { renameSync }));
  Object.assign(fs, {
    renameSync: (...args: Parameters<typeof renameSync>) => {
      works.shift()?.();
      renameSync(...args);
    },
  });
}
