import fs, { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { parseBuildId } from '../../../host/dokku/names';
import { identifyProcess } from '../../../host/system/processes';
import type { AppBuilds } from '../../../host/dokku/paths';
import type { BuildCommand } from '../../../journal/decide';
import { JOURNAL_FILE } from '../../../journal/file/journalFile';
import { catchUp } from '../../../projections/records/catchUp';
import { CHECKPOINT_FILE, readCheckpoint, removeCheckpoint } from '../../../journal/checkpoint';
import { handleCommand, handleCommands } from '../../../journal/handleCommand';
import { loadHistory } from '../../../journal/loadHistory';
import { replay } from '../../../projections/verification/replay';
import { addRunning, readRunning, rebuildRunning } from '../../../projections/lists/runningBuilds';
import { settle } from '../../../projections/records/updateFiles';
import { asRoot, asUser } from '../../temporaryHost';
import { cancel, discard, finish, prune, start } from '../../journal/buildCommands';
import { discarded, finished, minute, started } from '../../journal/buildEvents';
import { append, filesOf, handle, recordsOf, refuseWarning, temporaryApp, writeForeign } from './temporaryApp';

const GONE = 2 ** 22 + 1; // more than any pid

test('after each command the records say what the journal says', (t) => {
  const builds = temporaryApp(t);
  for (const command of [
    start('b1'),
    finish('b1'),
    start('b2'),
    cancel('b2'),
    start('b3'),
    start('b4'),
    discard('b3'),
  ]) {
    handle(builds, command);
    t.deepEqual(filesOf(builds), recordsOf(builds));
  }
  t.is(Object.keys(filesOf(builds)).length, 3);
});

test('records that were deleted or changed are put back', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  handle(builds, start('b2'));
  rmSync(join(builds.directory, 'b1.json'));
  writeFileSync(join(builds.directory, 'b2.json'), '{"status":"succeeded"}');
  handle(builds, start('b3'));
  t.deepEqual(filesOf(builds), recordsOf(builds));
});

test('a deploy looks at its own records and at few others', (t) => {
  const app = temporaryApp(t);
  for (let n = 1; n <= 20; n += 1) deploy(app, `old${n}`, 20);
  changeAll(app);
  deploy(app, 'new', 20);
  const changed = Object.values(filesOf(app)).filter((text) => text === 'changed').length;
  t.true(changed >= 20 - 9 && changed < 20, `${changed} of 20 are left as they were`);
});

for (const [what, go] of [
  ['deploys, with the oldest pruned', (app: AppBuilds, n: number) => deploy(app, `new${n}`, 20)],
  ['deploys, with none pruned', (app: AppBuilds, n: number) => deploy(app, `new${n}`, 1000)],
  ['starts whose ends never come', (app: AppBuilds, n: number) => settleFew(app, start(`new${n}`))],
] as const) {
  test(`however many records there are, the triggers that follow look at all of them: ${what}`, (t) => {
    for (const builds of [1, 3, 4, 5, 20, 61]) {
      const app = temporaryApp(t, `app${builds}`);
      for (let n = 1; n <= builds; n += 1) deploy(app, `old${n}`, 1000);
      changeAll(app);
      let triggers = 0;
      while (Object.values(filesOf(app)).includes('changed')) {
        go(app, (triggers += 1));
        t.true(triggers <= 2 * builds + 4, `${builds} builds, ${triggers} triggers`);
      }
      t.deepEqual(filesOf(app), recordsOf(app));
    }
  });
}

test('a checkpoint that was stored while records may not have been true lets nobody look at few', (t) => {
  const storedBy: [string, (builds: AppBuilds) => void][] = [
    ['a reader', readAnew],
    ['a replay that could not write them', (builds) => replayWithoutRecords(t, builds)],
  ];
  for (const [what, store] of storedBy) {
    const app = temporaryApp(t);
    for (let n = 1; n <= 20; n += 1) deploy(app, `old${n}`, 20);
    changeAll(app);
    store(app);
    settleFew(app, start('new'));
    t.deepEqual(filesOf(app), recordsOf(app), what);
    changeAll(app);
    settleFew(app, finish('new'));
    t.not(Object.values(filesOf(app)).filter((text) => text === 'changed').length, 0, 'and then they were true');
  }
});

test('where somebody else has added what is behind the checkpoint, or there is none, it looks at all', (t) => {
  for (const before of [
    (builds: AppBuilds) => append(builds, started('b2')), // and was killed
    (builds: AppBuilds) => writeForeign(builds, 'b2', { status: 'running' }),
    (builds: AppBuilds) => removeCheckpoint(builds.directory),
  ]) {
    const builds = temporaryApp(t);
    for (let n = 1; n <= 20; n += 1) deploy(builds, `old${n}`, 20);
    handle(builds, start('b1'));
    before(builds);
    for (const id of Object.keys(filesOf(builds)))
      if (id !== 'b2.json') writeFileSync(join(builds.directory, id), 'changed');
    settleFew(builds, finish('b1'));
    t.deepEqual(filesOf(builds), recordsOf(builds), before.toString());
  }
});

function changeAll(builds: AppBuilds): void {
  for (const name of Object.keys(filesOf(builds))) writeFileSync(join(builds.directory, name), 'changed');
}

/** A reader finds so many events behind no checkpoint that it stores one. */
function readAnew(builds: AppBuilds): void {
  const gone = Array.from({ length: 500 }, (_, n) => `gone${n}`);
  append(builds, ...gone.flatMap((id) => [started(id), discarded(id)]));
  removeCheckpoint(builds.directory);
  catchUp(builds, minute(0), refuseWarning);
  if (readCheckpoint(builds.directory) === undefined) throw new Error('No checkpoint was stored');
}

/** A replay on a disk that has no room for what is to be renamed into place, but for the checkpoint. */
function replayWithoutRecords(t: ExecutionContext, builds: AppBuilds): void {
  const { renameSync } = fs;
  const restore = (): unknown => Object.assign(fs, { renameSync });
  t.teardown(restore);
  Object.assign(fs, {
    renameSync: (from: string, to: string) => {
      if (to.endsWith('.json')) throw Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' });
      renameSync(from, to);
    },
  });
  const warnings: string[] = [];
  replay(
    builds,
    false,
    () => undefined,
    (message) => warnings.push(message),
  );
  restore();
  t.regex(warnings.join(), /not all files could be written/);
}

/** What the triggers of a deploy do: a start, an end, and no more than so many builds are kept. */
function deploy(builds: AppBuilds, id: string, retention: number): void {
  settleFew(builds, start(id));
  settleFew(builds, finish(id), prune(retention));
}

function settleFew(builds: AppBuilds, ...commands: BuildCommand[]): void {
  const caught = catchUp(builds, minute(0), refuseWarning);
  settle(builds, handleCommands(builds.directory, caught, commands, minute(0)), refuseWarning, 'few');
}

test('a record that is true already is not touched', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  const { ino, mtimeNs } = statSync(join(builds.directory, 'b1.json'), { bigint: true });
  handle(builds, start('b2'));
  t.like(statSync(join(builds.directory, 'b1.json'), { bigint: true }), { ino, mtimeNs });
});

test('a record can be read by everybody, and is replaced, not followed, when it is a link', (t) => {
  const builds = temporaryApp(t);
  writeFileSync(join(builds.buildsRoot, 'elsewhere'), 'not to be touched');
  symlinkSync(join(builds.buildsRoot, 'elsewhere'), join(builds.directory, 'b1.json'));
  handle(builds, start('b1'));
  t.is(statSync(join(builds.directory, 'b1.json')).mode & 0o777, 0o644);
  t.deepEqual(filesOf(builds), recordsOf(builds));
  t.is(readFileSync(join(builds.buildsRoot, 'elsewhere'), 'utf8'), 'not to be touched');
});

test('who settles with what it knew before others came leaves the state of the newest event', (t) => {
  const builds = temporaryApp(t);
  const slow = handleCommand(builds.directory, loadHistory(builds.directory), start('b1'), minute(0));
  handle(builds, finish('b1'));
  settle(builds, slow, refuseWarning);
  t.deepEqual(filesOf(builds), recordsOf(builds));
  t.regex(filesOf(builds)['b1.json'] ?? '', /"succeeded"/);
});

test('who settles with what it knew before others pruned brings no file back', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  handle(builds, finish('b1'));
  handle(builds, start('b2'));
  const slow = handleCommand(builds.directory, loadHistory(builds.directory), finish('b2'), minute(1));
  handle(builds, prune(1));
  settle(builds, slow, refuseWarning);
  t.deepEqual(Object.keys(filesOf(builds)), ['b2.json']);
});

test('records and logs of builds that left go, those of others stay', (t) => {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2']) {
    handle(builds, start(id));
    handle(builds, finish(id));
    writeFileSync(join(builds.directory, `${id}.log`), 'output');
  }
  writeFileSync(join(builds.directory, 'stranger.log'), 'output');
  handle(builds, prune(1));
  t.deepEqual(Object.keys(filesOf(builds)), ['b2.json', 'b2.log', 'stranger.log']);
});

test('when hundreds of builds leave at once all of their files go', (t) => {
  const builds = temporaryApp(t);
  const ids = Array.from({ length: 300 }, (_, n) => `b${String(n).padStart(3, '0')}`);
  append(builds, ...ids.flatMap((id) => [started(id), finished(id)]));
  for (const id of ids) {
    writeFileSync(join(builds.directory, `${id}.json`), '');
    writeFileSync(join(builds.directory, `${id}.log`), 'output');
  }
  handle(builds, prune(1));
  t.deepEqual(Object.keys(filesOf(builds)), ['b299.json', 'b299.log']);
});

test('what a crash left behind is swept up: files of a build that left, temporary files of writers that are gone', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'), discarded('b1'));
  for (const name of ['b1.json', 'b1.log', `.b1.json.${GONE}-1.tmp`, `.b1.json.${process.pid}-7.tmp`]) {
    writeFileSync(join(builds.directory, name), '');
  }
  handle(builds, start('b2'));
  t.deepEqual(Object.keys(filesOf(builds)), [`.b1.json.${process.pid}-7.tmp`, 'b2.json']);
});

test.serial('a build that starts while another process settles keeps its record and its log', (t) => {
  const builds = temporaryApp(t);
  const handled = handleCommand(builds.directory, loadHistory(builds.directory), start('b1'), minute(0));
  const { readdirSync } = fs;
  t.teardown(() => Object.assign(fs, { readdirSync }));
  const startFirst = (...args: Parameters<typeof readdirSync>): unknown => {
    Object.assign(fs, { readdirSync });
    writeFileSync(join(builds.directory, 'b2.log'), 'output');
    handle(builds, start('b2'));
    return readdirSync(...args);
  };
  Object.assign(fs, { readdirSync: startFirst });
  settle(builds, handled, refuseWarning);
  t.deepEqual(Object.keys(filesOf(builds)), ['b1.json', 'b2.json', 'b2.log']);
});

test.serial('a record that another process adopts while this one settles stays', (t) => {
  for (let nth = 1; nth <= 8; nth += 1) {
    const builds = temporaryApp(t);
    const handled = handleCommand(builds.directory, loadHistory(builds.directory), start('b1'), minute(0));
    writeFileSync(join(builds.directory, 'x1.json'), 'of something else');
    const { openSync } = fs;
    t.teardown(() => Object.assign(fs, { openSync }));
    let opened = 0;
    const adoptFirst = (...args: Parameters<typeof openSync>): number => {
      if (args[0] === join(builds.directory, JOURNAL_FILE) && ++opened === nth) {
        Object.assign(fs, { openSync });
        append(builds, started('x1'), finished('x1'));
      }
      return openSync(...args);
    };
    Object.assign(fs, { openSync: adoptFirst });
    settle(builds, handled, refuseWarning);
    Object.assign(fs, { openSync });
    t.true(existsSync(join(builds.directory, 'x1.json')), `adopted before the journal was opened the ${nth}. time`);
    if (nth === 1) t.true(opened > 0, 'the journal was not looked at');
  }
});

test('an end takes the build out of the view of what runs, a start leaves it there', (t) => {
  const builds = temporaryApp(t);
  const process_ = identifyProcess(process.pid);
  rebuildRunning(builds.buildsRoot, [], () => false);
  for (const id of ['b1', 'b2', 'b3', 'b4']) {
    addRunning(builds.buildsRoot, builds.app, [parseBuildId(id)]);
    handle(builds, start(id, { process: process_ }));
  }
  handle(builds, finish('b1'));
  handle(builds, cancel('b2'));
  handle(builds, discard('b3'));
  t.deepEqual(readRunning(builds.buildsRoot), [{ app: builds.app, build: parseBuildId('b4') }]);
});

test('the checkpoint says what the last command came to, and is left alone by one that changes nothing', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  t.is(readCheckpoint(builds.directory)?.head.seq, 1);
  append(builds, ...Array.from({ length: 40 }, (_, n) => started(`c${n}`)));
  handle(builds, finish('b1'));
  t.is(readCheckpoint(builds.directory)?.head.seq, 42);
  const { ino } = statSync(join(builds.directory, CHECKPOINT_FILE));
  handle(builds, finish('b1'));
  t.is(statSync(join(builds.directory, CHECKPOINT_FILE)).ino, ino);
});

asRoot('what cannot be written is warned about, and put right by the next trigger that can', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  const handled = handleCommand(builds.directory, loadHistory(builds.directory), finish('b1'), minute(1));
  const warnings: string[] = [];
  asUser(65534, () => settle(builds, handled, (message) => warnings.push(message)));
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /^The history of myapp is recorded, but .*: permission denied/);
  handle(builds, start('b2'));
  t.deepEqual(filesOf(builds), recordsOf(builds));
});

test('a directory in place of a record does not keep the other records from being written', (t) => {
  const builds = temporaryApp(t);
  mkdirSync(join(builds.directory, 'b1.json'));
  const warnings: string[] = [];
  for (const command of [start('b1'), start('b2')]) {
    const handled = handleCommand(builds.directory, loadHistory(builds.directory), command, minute(0));
    settle(builds, handled, (message) => warnings.push(message));
  }
  t.true(warnings.length > 0);
  t.true(existsSync(join(builds.directory, 'b2.json')));
});
