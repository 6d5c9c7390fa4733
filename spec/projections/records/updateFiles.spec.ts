import fs, { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { parseBuildId } from '../../../host/dokku/names';
import { thisSystem } from '../../../host/system/system';
import type { AppBuilds } from '../../../host/dokku/paths';
import { identifyProcess } from '../../../host/system/processes';
import { CHECKPOINT_FILE, readCheckpoint, removeCheckpoint } from '../../../journal/checkpoint';
import type { BuildCommand } from '../../../journal/commands';
import { JOURNAL_FILE } from '../../../journal/file/journalFile';
import { findBuild } from '../../../journal/history';
import { adoptRecords } from '../../../projections/records/adoptRecords';
import { addNote, notedBuilds } from '../../../projections/conclusions/notes';
import { addRunning, readRunning, rebuildRunning } from '../../../projections/lists/runningBuilds';
import { cancel, conclude, discard, finish, prune, start } from '../../journal/buildCommands';
import { discarded, finished, started } from '../../journal/buildEvents';
import { asRoot, asUser } from '../../temporaryHost';
import { updateFiles } from '../../../projections/records/updateFiles';
import {
  append,
  filesOf,
  handle,
  record,
  recordsOf,
  refuseWarning,
  temporaryApp,
  testMachine,
  update,
  writeForeign,
} from './temporaryApp';

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

test('records that were deleted or changed are put back when all are compared', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  handle(builds, start('b2'));
  rmSync(join(builds.directory, 'b1.json'));
  writeFileSync(join(builds.directory, 'b2.json'), '{"status":"succeeded"}');
  handle(builds, start('b3'));
  t.deepEqual(filesOf(builds), recordsOf(builds));
});

test('if another program records an end during an update, its record stays, and the next command adopts it', (t) => {
  const builds = temporaryApp(t);
  writeForeign(builds, 'b1', { pid: process.pid, status: 'running' });
  const { loaded } = adoptRecords(builds, thisSystem, refuseWarning);
  writeForeign(builds, 'b1', { status: 'succeeded', finished_at: '2026-04-30T13:51:00Z', exit_code: 0 });
  t.true(updateFiles(builds, loaded, 'all', thisSystem, refuseWarning));
  t.regex(filesOf(builds)['b1.json'] ?? '', /"status":"succeeded"/);
  const next = adoptRecords(builds, thisSystem, refuseWarning);
  t.is(findBuild(next.loaded.history, parseBuildId('b1'))?.status, 'succeeded');
});

test('a deploy writes and reads its own files only, whatever is wrong with others', (t) => {
  const builds = temporaryApp(t);
  for (let n = 1; n <= 20; n += 1) handle(builds, start(`old${n}`), finish(`old${n}`));
  for (const name of Object.keys(filesOf(builds))) writeFileSync(join(builds.directory, name), 'changed');
  writeForeign(builds, 'stranger', { status: 'running' });
  for (const name of ['stranger.log', 'old1.log', `.old1.json.${GONE}-1.tmp`])
    writeFileSync(join(builds.directory, name), '');
  const others = filesOf(builds);
  const { result: own, opened } = watchOpened(t, builds.directory, () => {
    deploy(builds, start('new'));
    return { ...others, ...pick(recordsOf(builds), 'new.json') };
  });
  t.deepEqual(filesOf(builds), own);
  const { opened: openedAtEnd } = watchOpened(t, builds.directory, () => deploy(builds, finish('new')));
  t.deepEqual(filesOf(builds), { ...others, ...pick(recordsOf(builds), 'new.json') });
  const isOfAnother = (name: string): boolean => /^\.?(old|stranger)/.test(name);
  t.deepEqual([...opened, ...openedAtEnd].filter(isOfAnother), []);
  t.true(openedAtEnd.includes('new.json'));
});

test('of the builds that a deploy prunes the records, logs and notes are removed, and no others', (t) => {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2', 'b3']) {
    handle(builds, start(id), finish(id));
    writeFileSync(join(builds.directory, `${id}.log`), 'output');
  }
  writeForeign(builds, 'stranger', { status: 'running' });
  deploy(builds, start('b4'));
  deploy(builds, finish('b4'), prune(2));
  t.deepEqual(Object.keys(filesOf(builds)), ['b3.json', 'b3.log', 'b4.json', 'stranger.json']);
});

test('a deploy that prunes logs keeps the records; a log that a crash left is removed when all files are compared', (t) => {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2']) {
    handle(builds, start(id), finish(id));
    writeFileSync(join(builds.directory, `${id}.log`), 'output');
  }
  deploy(builds, start('b3'));
  deploy(builds, finish('b3'), prune({ builds: 20, logs: 2 }));
  t.deepEqual(Object.keys(filesOf(builds)), ['b1.json', 'b2.json', 'b2.log', 'b3.json']);
  t.deepEqual(pick(filesOf(builds), 'b1.json'), pick(recordsOf(builds), 'b1.json'));
  writeFileSync(join(builds.directory, 'b1.log'), 'left');
  deploy(builds, start('b4'));
  t.true(existsSync(join(builds.directory, 'b1.log'))); // a deploy's trigger does not look for leftovers
  handle(builds, start('b5'));
  t.false(existsSync(join(builds.directory, 'b1.log')));
});

test('the notes about a build are removed after its end is on record, in either scope', (t) => {
  for (const scope of ['changed', 'all'] as const) {
    for (const end of [finish('b1'), cancel('b1'), discard('b1'), conclude({ b1: {} })]) {
      const builds = temporaryApp(t);
      update(builds, record(builds, start('b1'), start('b2')), scope, refuseWarning);
      for (const id of ['b1', 'b2'].map(parseBuildId)) addNote(builds.directory, id, { type: 'deployed' });
      update(builds, record(builds, start('b3')), scope, refuseWarning);
      t.deepEqual(notedBuilds(builds.directory).sort(), ['b1', 'b2'].map(parseBuildId));
      update(builds, record(builds, end), scope, refuseWarning);
      t.deepEqual(notedBuilds(builds.directory), [parseBuildId('b2')], `${scope}, ${end.type}`);
    }
  }
});

test('a correction of an inferred end is in the record', (t) => {
  for (const evidence of [{}, { deployed: true }]) {
    const builds = temporaryApp(t);
    deploy(builds, start('b1'), conclude({ b1: evidence }));
    deploy(builds, finish('b1', { exitCode: 7 }));
    t.like(JSON.parse(filesOf(builds)['b1.json'] ?? ''), { status: 'failed', exit_code: 7 });
    t.deepEqual(filesOf(builds), recordsOf(builds));
  }
});

test('what a process that was killed has appended is in the records after the next trigger', (t) => {
  const builds = temporaryApp(t);
  deploy(builds, start('b1'));
  append(builds, finished('b1'), started('b2'), started('b3'), discarded('b3')); // and no file was updated
  writeFileSync(join(builds.directory, 'b3.log'), 'output');
  deploy(builds, start('b4'));
  t.deepEqual(filesOf(builds), recordsOf(builds));
});

test('if there is no checkpoint to say what has changed, a trigger compares all records', (t) => {
  for (const lose of [
    removeCheckpoint,
    (directory: string) => writeFileSync(join(directory, CHECKPOINT_FILE), 'debris'),
  ]) {
    const builds = temporaryApp(t);
    for (let n = 1; n <= 20; n += 1) handle(builds, start(`old${n}`), finish(`old${n}`));
    for (const name of Object.keys(filesOf(builds))) writeFileSync(join(builds.directory, name), 'changed');
    lose(builds.directory);
    deploy(builds, start('new'));
    t.deepEqual(filesOf(builds), recordsOf(builds));
  }
});

test('a record that could not be written is written by the next trigger that can', (t) => {
  const builds = temporaryApp(t);
  deploy(builds, start('b1'));
  const before = readCheckpoint(builds.directory);
  const warnings = withoutSpace(t, () => {
    const told: string[] = [];
    update(builds, record(builds, finish('b1')), 'changed', (message) => told.push(message));
    return told;
  });
  t.regex(
    warnings.join(),
    /^Not all files of myapp could be written or removed, the next command tries again: .*no space/,
  );
  t.deepEqual(readCheckpoint(builds.directory), before);
  deploy(builds, start('b2'));
  t.deepEqual(filesOf(builds), recordsOf(builds));
});

test('one record that cannot be written keeps no other file from being updated', (t) => {
  for (const scope of ['changed', 'all'] as const) {
    const builds = temporaryApp(t);
    rebuildRunning(builds.buildsRoot, [{ app: builds.app, build: parseBuildId('b2') }], () => false, thisSystem);
    update(builds, record(builds, start('b1'), start('b2')), scope, refuseWarning);
    writeFileSync(join(builds.directory, 'b2.log'), 'output');
    rmSync(join(builds.directory, 'b1.json'));
    mkdirSync(join(builds.directory, 'b1.json')); // which no file replaces
    addNote(builds.directory, parseBuildId('b1'), { type: 'deployed' });
    const warnings: string[] = [];
    const warn = (message: string): number => warnings.push(message);
    update(builds, record(builds, finish('b1'), discard('b2'), start('b3')), scope, warn);
    t.is(warnings.length, 1, scope);
    rmSync(join(builds.directory, 'b1.json'), { recursive: true });
    t.deepEqual(filesOf(builds), pick(recordsOf(builds), 'b3.json'), scope);
    t.deepEqual(notedBuilds(builds.directory), []);
    t.deepEqual(readRunning(builds.buildsRoot), []);
  }
});

/** What a trigger of a deploy does: loads, decides, appends, and updates the files of what has changed. */
function deploy(builds: AppBuilds, ...commands: BuildCommand[]): void {
  update(builds, record(builds, ...commands), 'changed', refuseWarning);
}

/** The names of the files in `directory` that `work` opens, and what it gives back. */
function watchOpened<T>(t: ExecutionContext, directory: string, work: () => T): { opened: string[]; result: T } {
  const { openSync } = fs;
  const opened: string[] = [];
  const restore = (): unknown => Object.assign(fs, { openSync });
  t.teardown(restore);
  Object.assign(fs, {
    openSync: (...args: Parameters<typeof openSync>): number => {
      if (dirname(String(args[0])) === directory) opened.push(basename(String(args[0])));
      return openSync(...args);
    },
  });
  const result = work();
  restore();
  return { opened, result };
}

/** What `work` gives back on a disk that has no room for what is to be renamed into place, but for the checkpoint. */
function withoutSpace<T>(t: ExecutionContext, work: () => T): T {
  const { renameSync } = fs;
  const restore = (): unknown => Object.assign(fs, { renameSync });
  t.teardown(restore);
  Object.assign(fs, {
    renameSync: (from: string, to: string) => {
      if (to.endsWith('.json')) throw Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' });
      renameSync(from, to);
    },
  });
  const result = work();
  restore();
  return result;
}

function pick(files: Record<string, string>, name: string): Record<string, string> {
  return { [name]: files[name] ?? 'missing' };
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

for (const scope of ['changed', 'all'] as const)
  for (const checkpoint of ['with', 'without'] as const) {
    /** The history as a slow process has it after `command`. */
    const slowly = (builds: AppBuilds, command: BuildCommand) => {
      if (checkpoint === 'without') removeCheckpoint(builds.directory);
      return record(builds, command);
    };
    const title = `a process that updates files from an old history (${scope} files, ${checkpoint} a checkpoint)`;

    test(`${title} leaves the state of the newest event`, (t) => {
      const builds = temporaryApp(t);
      const slow = slowly(builds, start('b1'));
      handle(builds, finish('b1'));
      update(builds, slow, scope, refuseWarning);
      t.deepEqual(filesOf(builds), recordsOf(builds));
      t.regex(filesOf(builds)['b1.json'] ?? '', /"succeeded"/);
    });

    test(`${title} brings no file of a pruned build back`, (t) => {
      const builds = temporaryApp(t);
      handle(builds, start('b1'));
      const slow = slowly(builds, finish('b1'));
      for (const command of [start('b2'), finish('b2'), prune(1)]) handle(builds, command);
      update(builds, slow, scope, refuseWarning);
      t.deepEqual(Object.keys(filesOf(builds)), ['b2.json']);
    });
  }

test('builds that are only in memory keep their files, also if another process appends an event', (t) => {
  const builds = temporaryApp(t);
  writeForeign(builds, 'stock1', { status: 'succeeded', finished_at: '2026-04-30T13:51:00Z', exit_code: 0 });
  writeFileSync(join(builds.directory, 'stock1.log'), 'output');
  const { loaded } = adoptRecords({ ...builds, mode: 'reader' }, testMachine, refuseWarning);
  t.true(loaded.inMemory);
  record(builds, start('b1'));
  update(builds, { loaded }, 'all', refuseWarning);
  t.deepEqual(Object.keys(filesOf(builds)), ['b1.json', 'stock1.json', 'stock1.log']);
});

test('records and logs of pruned builds are removed, those of others stay', (t) => {
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

test('if hundreds of builds are pruned at once, all of their files are removed', (t) => {
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

test('what crashes have left is removed: files of a pruned build, temporary files of writers that are gone', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'), discarded('b1'));
  for (const name of ['b1.json', 'b1.log', `.b1.json.${GONE}-1.tmp`, `.b1.json.${process.pid}-7.tmp`]) {
    writeFileSync(join(builds.directory, name), '');
  }
  handle(builds, start('b2'));
  t.deepEqual(Object.keys(filesOf(builds)), [`.b1.json.${process.pid}-7.tmp`, 'b2.json']);
});

test.serial('a build that starts while another process updates the files keeps its record and its log', (t) => {
  const builds = temporaryApp(t);
  const handled = record(builds, start('b1'));
  const { readdirSync } = fs;
  t.teardown(() => Object.assign(fs, { readdirSync }));
  const startFirst = (...args: Parameters<typeof readdirSync>): unknown => {
    Object.assign(fs, { readdirSync });
    writeFileSync(join(builds.directory, 'b2.log'), 'output');
    handle(builds, start('b2'));
    return readdirSync(...args);
  };
  Object.assign(fs, { readdirSync: startFirst });
  update(builds, handled, 'all', refuseWarning);
  t.deepEqual(Object.keys(filesOf(builds)), ['b1.json', 'b2.json', 'b2.log']);
});

test.serial('a record that another process adopts while this one updates the files stays', (t) => {
  for (let nth = 1; nth <= 8; nth += 1) {
    const builds = temporaryApp(t);
    const handled = record(builds, start('b1'));
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
    update(builds, handled, 'all', refuseWarning);
    Object.assign(fs, { openSync });
    t.true(existsSync(join(builds.directory, 'x1.json')), `adopted before the journal was opened the ${nth}. time`);
    if (nth === 1) t.true(opened > 0, 'the journal was not looked at');
  }
});

test('an end takes the build out of the view of running builds, a start leaves it there', (t) => {
  const builds = temporaryApp(t);
  const process_ = identifyProcess(process.pid);
  rebuildRunning(builds.buildsRoot, [], () => false, thisSystem);
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

asRoot('a record that a user may not write is warned about, and written by the next trigger that can', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  const handled = record(builds, finish('b1'));
  const warnings: string[] = [];
  asUser(65534, () => update(builds, handled, 'all', (message) => warnings.push(message)));
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /^Not all files of myapp could be written or removed, .*: permission denied/);
  handle(builds, start('b2'));
  t.deepEqual(filesOf(builds), recordsOf(builds));
});

test('a directory in place of a record does not keep the other records from being written', (t) => {
  const builds = temporaryApp(t);
  mkdirSync(join(builds.directory, 'b1.json'));
  const warnings: string[] = [];
  for (const command of [start('b1'), start('b2')]) {
    const handled = record(builds, command);
    update(builds, handled, 'all', (message) => warnings.push(message));
  }
  t.true(warnings.length > 0);
  t.true(existsSync(join(builds.directory, 'b2.json')));
});
