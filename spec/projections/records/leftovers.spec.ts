import fs, { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { parseBuildId } from '../../../host/dokku/names';
import { readCheckpoint, removeCheckpoint } from '../../../journal/checkpoint';
import { handleCommand } from '../../../journal/handleCommand';
import { loadHistory } from '../../../journal/loadHistory';
import { addRunning, readRunning, rebuildRunning } from '../../../projections/lists/runningBuilds';
import { settle } from '../../../projections/records/updateFiles';
import { finish, start } from '../../journal/buildCommands';
import { discarded, minute, started } from '../../journal/buildEvents';
import { append, filesOf, handle, recordsOf, temporaryApp } from './temporaryApp';

/* One thing that cannot be removed does not keep the rest from being done. */

const GONE = 2 ** 22 + 1; // more than any pid

test('directories that have the names of leftovers are nobody’s, and passed over without a word', (t) => {
  const builds = temporaryApp(t);
  const named = [`.a.json.${GONE}-1.tmp`, 'b1.log'];
  append(builds, started('b1'), discarded('b1'));
  for (const name of named) mkdirSync(join(builds.directory, name));
  const stale = ['.a.json', '.z.json'].map((name) => join(builds.directory, `${name}.${GONE}-2.tmp`));
  for (const path of stale) writeFileSync(path, '');
  handle(builds, start('b2')); // which refuses warnings
  t.deepEqual(stale.filter(existsSync), []);
  t.is(readCheckpoint(builds.directory)?.head.seq, 3);
  for (const name of named) rmSync(join(builds.directory, name), { recursive: true }); // fails if it is not there
  t.deepEqual(filesOf(builds), recordsOf(builds));
});

test('alongside the stock plugin temporary files are swept up, and what the stock plugin keeps is left alone', (t) => {
  const builds = { ...temporaryApp(t), alongside: true };
  append(builds, started('b1'), discarded('b1'));
  for (const name of ['b1.json', 'b1.log', `.events.checkpoint.${GONE}-1.tmp`]) {
    writeFileSync(join(builds.directory, name), '');
  }
  handle(builds, start('b2'));
  t.deepEqual(Object.keys(filesOf(builds)), ['b1.json', 'b1.log']);
});

test.serial('of leftovers that cannot be removed one is named, and all the others go', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'), discarded('b1'), started('b3'), discarded('b3'));
  const kept = ['b1.log', `.a.json.${GONE}-1.tmp`];
  for (const name of [...kept, 'b1.json', 'b3.log', 'b3.json', `.z.json.${GONE}-1.tmp`]) {
    writeFileSync(join(builds.directory, name), '');
  }
  const { unlinkSync } = fs;
  t.teardown(() => Object.assign(fs, { unlinkSync }));
  const refuse = (path: string): void => {
    if (!kept.some((name) => path.endsWith(`/${name}`))) {
      unlinkSync(path);
      return;
    }
    throw Object.assign(new Error(`EPERM: operation not permitted, unlink '${path}'`), { code: 'EPERM' });
  };
  Object.assign(fs, { unlinkSync: refuse });
  const warnings: string[] = [];
  const handled = handleCommand(builds.directory, loadHistory(builds.directory), start('b2'), minute(0));
  settle(builds, handled, (message) => warnings.push(message));
  t.deepEqual(warnings, [
    `The history of myapp is recorded, but not all files could be written or removed: ${join(builds.directory, 'b1.log')}: operation not permitted`,
  ]);
  t.deepEqual(Object.keys(filesOf(builds)), [`.a.json.${GONE}-1.tmp`, 'b1.log', 'b2.json']);
  t.is(readCheckpoint(builds.directory)?.head.seq, 5);
});

test.serial('a log that cannot be removed when its build leaves does not keep the records from being written', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  handle(builds, start('b2'));
  for (const id of ['b1', 'b2']) writeFileSync(join(builds.directory, `${id}.log`), '');
  const { unlinkSync } = fs;
  t.teardown(() => Object.assign(fs, { unlinkSync }));
  const refuse = (path: string): void => {
    if (!path.endsWith('/b1.log')) {
      unlinkSync(path);
      return;
    }
    throw Object.assign(new Error(`EPERM: operation not permitted, unlink '${path}'`), { code: 'EPERM' });
  };
  Object.assign(fs, { unlinkSync: refuse });
  const loaded = loadHistory(builds.directory);
  const handled = handleCommand(
    builds.directory,
    loaded,
    { type: 'DiscardBuild', build: parseBuildId('b1') },
    minute(1),
  );
  const warnings: string[] = [];
  rmSync(join(builds.directory, 'b2.json'));
  settle(builds, handled, (message) => warnings.push(message));
  t.is(warnings.length, 1);
  t.deepEqual(Object.keys(filesOf(builds)), ['b1.log', 'b2.json', 'b2.log']);
  t.is(readCheckpoint(builds.directory)?.head.seq, 3);
});

test('an entry of the view that cannot be removed does not keep the checkpoint from being written', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  mkdirSync(join(builds.buildsRoot, '.running', builds.app, 'b1'), { recursive: true });
  removeCheckpoint(builds.directory);
  const handled = handleCommand(builds.directory, loadHistory(builds.directory), finish('b1'), minute(1));
  const warnings: string[] = [];
  settle(builds, handled, (message) => warnings.push(message));
  t.is(warnings.length, 1);
  t.is(readCheckpoint(builds.directory)?.head.seq, 2);
});

test('what looks like a leftover in the view of what runs and is a directory does not make the view distrusted', (t) => {
  const { app, buildsRoot } = temporaryApp(t);
  rebuildRunning(buildsRoot, [], () => false);
  const view = join(buildsRoot, '.running');
  mkdirSync(join(view, `..seal.${GONE}-1.tmp`));
  writeFileSync(join(view, `..seal.${GONE}-2.tmp`), '');
  addRunning(buildsRoot, app, [parseBuildId('b1')]);
  t.deepEqual(readRunning(buildsRoot), [{ app, build: parseBuildId('b1') }]);
  t.deepEqual(
    readdirSync(view).filter((name) => name.endsWith('.tmp')),
    [`..seal.${GONE}-1.tmp`],
  );
});
