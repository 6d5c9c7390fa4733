import fs, { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { parseBuildId } from '../../../host/dokku/names';
import { identifyProcess } from '../../../host/system/processes';
import { thisSystem } from '../../../host/system/system';
import { readCheckpoint, removeCheckpoint } from '../../../journal/checkpoint';
import { JOURNAL_FILE } from '../../../journal/file/journalFile';
import { PRUNED_KEPT } from '../../../journal/history';
import { addNote, notedBuilds } from '../../../projections/conclusions/notes';
import { addRunning, readRunning, rebuildRunning } from '../../../projections/lists/runningBuilds';
import { discard, finish, start } from '../../journal/buildCommands';
import { discarded, finished, started } from '../../journal/buildEvents';
import { append, filesOf, handle, record, recordsOf, temporaryApp, update, writeForeign } from './temporaryApp';

/* What crashes have left behind. One file that cannot be removed keeps no other from being removed. */

const GONE = 2 ** 22 + 1; // more than any pid

test('directories that are called like leftovers are ignored without a warning', (t) => {
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

test('alongside the stock plugin temporary files are removed, and the files of the stock plugin are left alone', (t) => {
  const builds = { ...temporaryApp(t), mode: 'alongside' } as const;
  append(builds, started('b1'), discarded('b1'));
  for (const name of ['b1.json', 'b1.log', `.events.checkpoint.${GONE}-1.tmp`]) {
    writeFileSync(join(builds.directory, name), '');
  }
  handle(builds, start('b2'));
  t.deepEqual(Object.keys(filesOf(builds)), ['b1.json', 'b1.log']);
});

test.serial(
  'a trigger lists neither the directory of the app nor its running builds, alongside the stock plugin or not',
  (t) => {
    const { readdirSync: list } = fs;
    t.teardown(() => Object.assign(fs, { readdirSync: list }));
    for (const mode of ['owner', 'alongside'] as const) {
      const builds = { ...temporaryApp(t), mode };
      addRunning(builds.buildsRoot, builds.app, [parseBuildId('b1')]);
      handle(builds, start('b1', { process: identifyProcess(process.pid) }));
      const handled = record(builds, finish('b1'));
      const listed: string[] = [];
      Object.assign(fs, {
        readdirSync: (path: string, ...rest: []) => {
          listed.push(path);
          return list(path, ...rest);
        },
      });
      update(builds, handled, 'changed', (message) => t.fail(message));
      Object.assign(fs, { readdirSync: list });
      const running = join(builds.buildsRoot, '.running', builds.app);
      t.false(listed.includes(builds.directory) || listed.includes(running), mode);
      t.false(existsSync(running), 'the build that has ended has left it');
    }
  },
);

test.serial(
  'of running builds that never started, as killed triggers leave them, each costs no look at the journal',
  (t) => {
    const builds = temporaryApp(t);
    handle(builds, start('b1'));
    const never = Array.from({ length: 20 }, (_, n) => parseBuildId(`never${n}`));
    addRunning(builds.buildsRoot, builds.app, never);
    const running = join(builds.buildsRoot, '.running', builds.app);
    for (const id of never) utimesSync(join(running, id), 0, 0);
    const { openSync } = fs;
    t.teardown(() => Object.assign(fs, { openSync }));
    let opened = 0;
    Object.assign(fs, {
      openSync: (...args: Parameters<typeof openSync>) => {
        if (String(args[0]).endsWith(`/${JOURNAL_FILE}`)) opened += 1;
        return openSync(...args);
      },
    });
    handle(builds, finish('b1'));
    Object.assign(fs, { openSync });
    t.false(existsSync(running));
    t.true(opened < never.length, `the journal was opened ${opened} times`);
  },
);

test.serial('of leftovers that cannot be removed one is named, and all others are removed', (t) => {
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
  const handled = record(builds, start('b2'));
  update(builds, handled, 'all', (message) => warnings.push(message));
  t.deepEqual(warnings, [
    `Not all files of myapp could be written or removed, the next command tries again: ${join(builds.directory, 'b1.log')}: operation not permitted`,
  ]);
  t.deepEqual(Object.keys(filesOf(builds)), [`.a.json.${GONE}-1.tmp`, 'b1.log', 'b2.json']);
  t.is(readCheckpoint(builds.directory)?.head.seq, 5);
});

test.serial('a log of a pruned build that cannot be removed does not keep the records from being written', (t) => {
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
  const handled = record(builds, discard('b1'));
  const warnings: string[] = [];
  rmSync(join(builds.directory, 'b2.json'));
  update(builds, handled, 'all', (message) => warnings.push(message));
  t.is(warnings.length, 1);
  t.deepEqual(Object.keys(filesOf(builds)), ['b1.log', 'b2.json', 'b2.log']);
  t.is(readCheckpoint(builds.directory)?.head.seq, 3);
});

test('an entry of the view that cannot be removed does not keep the checkpoint from being written', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  mkdirSync(join(builds.buildsRoot, '.running', builds.app, 'b1'), { recursive: true });
  removeCheckpoint(builds.directory);
  const handled = record(builds, finish('b1'));
  const warnings: string[] = [];
  update(builds, handled, 'all', (message) => warnings.push(message));
  t.is(warnings.length, 1);
  t.is(readCheckpoint(builds.directory)?.head.seq, 2);
});

test('a directory with the name of a leftover in the view of running builds does not make the view invalid', (t) => {
  const { app, buildsRoot } = temporaryApp(t);
  const view = join(buildsRoot, '.running');
  mkdirSync(join(view, `..seal.${GONE}-1.tmp`), { recursive: true });
  writeFileSync(join(view, `..seal.${GONE}-2.tmp`), '');
  rebuildRunning(buildsRoot, [{ app, build: parseBuildId('b1') }], () => false, thisSystem);
  t.deepEqual(readRunning(buildsRoot), [{ app, build: parseBuildId('b1') }]);
  t.deepEqual(
    readdirSync(view).filter((name) => name.endsWith('.tmp')),
    [`..seal.${GONE}-1.tmp`],
  );
});

test('records of builds that were pruned long ago are removed, records of other programs stay', (t) => {
  const builds = temporaryApp(t);
  const many = Array.from({ length: PRUNED_KEPT + 6 }, (_, n) => `b${n}`);
  append(builds, ...many.flatMap((id) => [started(id), discarded(id)]));
  for (const id of ['b0', 'b5', 'b69']) writeForeign(builds, id, { status: 'running' });
  writeForeign(builds, 'stranger', { status: 'running' });
  handle(builds, start('new'));
  t.deepEqual(Object.keys(filesOf(builds)), ['new.json', 'stranger.json']);
});

test('notes about builds that have ended or were never started are removed, those about running ones stay', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'), started('b2'), finished('b2'), started('b3'), discarded('b3'));
  for (const id of ['b1', 'b2', 'b3', 'never'].map(parseBuildId)) addNote(builds.directory, id, { type: 'deployed' });
  handle(builds, start('b4'));
  t.deepEqual(notedBuilds(builds.directory), [parseBuildId('b1')]);
});
