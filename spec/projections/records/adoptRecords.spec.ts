import fs, {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { parseBuildId } from '../../../host/dokku/names';
import { thisSystem } from '../../../host/system/system';
import type { AppBuilds } from '../../../host/dokku/paths';
import { identifyProcess } from '../../../host/system/processes';
import { buildsOf, PRUNED_KEPT } from '../../../journal/history';
import { adoptRecords } from '../../../projections/records/adoptRecords';
import { type Loaded, loadHistory } from '../../../journal/loadHistory';
import { readRunning, rebuildRunning } from '../../../projections/lists/runningBuilds';
import { asRoot, asUser } from '../../temporaryHost';
import { discard, finish, prune, start } from '../../journal/buildCommands';
import { finished, minuteText, pruned, started } from '../../journal/buildEvents';
import { staleRecords } from '../../../projections/records/recordFiles';
import { updateFiles } from '../../../projections/records/updateFiles';
import {
  append,
  filesOf,
  handle,
  recordsOf,
  refuseWarning,
  temporaryApp,
  testMachine,
  update,
  writeForeign,
} from './temporaryApp';

const ended = { status: 'succeeded', finished_at: minuteText(1), exit_code: 0 };

test('a record that the journal does not know is adopted, with a message', (t) => {
  const builds = temporaryApp(t);
  writeForeign(builds, 'b1', { ...ended, source: 'git:sync', pid: 7 });
  const { history, head } = adopted(builds);
  t.is(head.seq, 2);
  t.like(buildsOf(history)[0], {
    id: 'b1',
    status: 'succeeded',
    source: 'git:sync',
    adopted: true,
    process: { pid: 7 },
  });
  t.deepEqual(loadHistory(builds.directory).history, history);
});

test('each record that is read is counted, and what is known is not read', (t) => {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2', 'b3']) writeForeign(builds, id, ended);
  const read = (): number => {
    let records = 0;
    adoptRecords(builds, testMachine, refuseWarning, () => (records += 1));
    return records;
  };
  t.deepEqual([read(), read()], [3, 0]);
});

test('what was adopted is not adopted again', (t) => {
  const builds = temporaryApp(t);
  writeForeign(builds, 'b1', ended);
  writeForeign(builds, 'b2', { status: 'running' });
  t.is(adopted(builds).head.seq, 3);
  t.is(adopted(builds).head.seq, 3);
});

test('adopted builds stand by their start, whatever their files are called', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b2', { startedAt: minuteText(2) }));
  for (const [id, start_] of [
    ['x1', 3],
    ['x2', 1],
    ['a9', 4],
  ] as const) {
    writeForeign(builds, id, { ...ended, started_at: minuteText(start_), finished_at: minuteText(9) });
  }
  t.deepEqual(ids(adopted(builds)), ['x2', 'b2', 'x1', 'a9']);
});

test('the end of an adopted build is taken from its record', (t) => {
  const builds = temporaryApp(t);
  writeForeign(builds, 'b1', { status: 'running', pid: process.pid });
  t.is(buildsOf(adopted(builds).history)[0]?.status, 'running');
  writeForeign(builds, 'b1', { ...ended, pid: process.pid });
  t.is(buildsOf(adopted(builds).history)[0]?.status, 'succeeded');
});

test('an end that another program recorded for one of our builds counts as soon as the process of the build is gone', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('alive', { process: identifyProcess(process.pid) }));
  handle(builds, start('dead', { process: { pid: GONE } }));
  for (const id of ['alive', 'dead']) writeForeign(builds, id, { ...ended, status: 'failed', exit_code: 3 });
  t.deepEqual(
    buildsOf(adopted(builds).history).map(({ id, status }) => [id, status]),
    [
      ['alive', 'running'],
      ['dead', 'failed'],
    ] as never,
  );
});

test('what the journal says has ended stays as it ended, whatever its record says', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  handle(builds, finish('b1', { exitCode: 1 }));
  writeForeign(builds, 'b1', ended);
  const { history, head } = adopted(builds);
  t.is(head.seq, 2);
  t.like(buildsOf(history), [{ status: 'failed', exitCode: 1 }]);
});

test('records of pruned builds that a crash left behind are not adopted', (t) => {
  const builds = temporaryApp(t);
  const many = Array.from({ length: PRUNED_KEPT + 6 }, (_, n) => `b${n}`);
  append(builds, ...many.flatMap((id) => [started(id), finished(id)]), pruned(...many));
  for (const id of many) writeForeign(builds, id, ended);
  t.deepEqual(ids(adopted({ ...builds, mode: 'reader' })), []);
  t.deepEqual(ids(adopted(builds)), []);
});

test('one unreadable record is named, the others are counted, and none is changed', (t) => {
  const builds = temporaryApp(t);
  writeForeign(builds, 'good', ended);
  writeFileSync(join(builds.directory, 'half.json'), '{"id": "half", "sta');
  mkdirSync(join(builds.directory, 'directory.json'));
  symlinkSync('good.json', join(builds.directory, 'link.json'));
  writeFileSync(join(builds.directory, 'huge.json'), ' '.repeat(70_000));
  const warnings: string[] = [];
  const unreadable = ['half', 'directory', 'link', 'huge'];
  const { loaded } = adoptRecords(builds, testMachine, (message) => warnings.push(message));
  t.deepEqual(ids(loaded), ['good']);
  t.is(warnings.length, 1);
  const [, named = '', others] =
    /^The record myapp\/(\w+) cannot be read \(.+\), nor can (\d+) other records of myapp; they are left alone$/.exec(
      warnings[0] ?? '',
    ) ?? [];
  t.true(unreadable.includes(named), warnings[0]);
  t.is(others, '3');
  for (const id of unreadable) t.true(existsSync(join(builds.directory, `${id}.json`)), id);
  for (const id of unreadable.slice(1)) rmSync(join(builds.directory, `${id}.json`), { recursive: true });
  adoptRecords(builds, testMachine, (message) => warnings.push(message));
  t.is(warnings[1], 'The record myapp/half cannot be read (it is not JSON); it is left alone');
});

test('files that are not records are ignored in silence', (t) => {
  const builds = temporaryApp(t);
  for (const name of ['b1.log', '.hidden.json', 'a b.json', 'x.json.bak', '..json', '-b.json']) {
    writeFileSync(join(builds.directory, name), '{}');
  }
  t.deepEqual(ids(adopted(builds)), []);
});

test('an app without a directory is an app without builds', (t) => {
  const builds = temporaryApp(t);
  rmSync(builds.directory, { recursive: true });
  t.deepEqual(ids(adopted(builds)), []);
});

test('a record as long as may be read, with a text as long as fits, harms nothing', (t) => {
  const builds = temporaryApp(t);
  writeFileSync(
    join(builds.directory, 'b1.json'),
    JSON.stringify({ started_at: minuteText(0), status: 'running', source: 'x'.repeat(65_440) }),
  );
  writeForeign(builds, 'b2', ended);
  const { loaded } = adoptRecords(builds, testMachine, () => undefined);
  t.true(ids(loaded).includes('b2'));
});

test('a damaged journal is warned of, by the name of its app', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'));
  writeFileSync(join(builds.directory, 'events.journal'), 'debris', { flag: 'a' });
  const warnings: string[] = [];
  adoptRecords(builds, testMachine, (message) => warnings.push(message));
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /^The journal of myapp is damaged from byte \d+ to \d+; see builds:verify myapp$/);
});

asRoot(
  'a user who may only read the records sees those of something else as if they were adopted, and writes nothing',
  (t) => {
    const builds = temporaryApp(t);
    writeForeign(builds, 'b1', ended);
    chmodSync(builds.directory, 0o755);
    const seen = asUser(65534, () => adopted(builds));
    t.deepEqual(ids(seen), ['b1']);
    t.true(seen.inMemory);
    t.is(loadHistory(builds.directory).head.seq, 0);
    chownSync(builds.directory, 65534, 65534);
    asUser(65534, () => adopted(builds));
    t.is(loadHistory(builds.directory).head.seq, 2);
  },
);

test('a reader shows records of other programs as if they were adopted, and writes nothing', (t) => {
  const builds: AppBuilds = { ...temporaryApp(t), mode: 'reader' };
  writeForeign(builds, 'b1', ended);
  writeForeign(builds, 'b2', { status: 'running', pid: process.pid });
  const before = readdirSync(builds.buildsRoot, { recursive: true });
  const seen = adopted(builds);
  t.deepEqual(ids(seen), ['b1', 'b2']);
  t.true(seen.inMemory);
  t.deepEqual(readdirSync(builds.buildsRoot, { recursive: true }), before);
});

test('of adopted builds those are in the view of running builds that have a process', (t) => {
  const builds = temporaryApp(t);
  rebuildRunning(builds.buildsRoot, [], () => false, thisSystem);
  writeForeign(builds, 'b1', { status: 'running', pid: process.pid });
  writeForeign(builds, 'b2', { status: 'running', pid: GONE });
  writeForeign(builds, 'b3', ended);
  adopted(builds);
  t.deepEqual(readRunning(builds.buildsRoot), [{ app: builds.app, build: parseBuildId('b1') }]);
});

test('a build that a stock Dokku has pruned meanwhile is pruned', (t) => {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2']) {
    handle(builds, start(id));
    handle(builds, finish(id));
  }
  rmSync(join(builds.directory, 'b1.json'));
  writeForeign(builds, 'b3', ended);
  t.deepEqual(ids(adopted(builds)), ['b2', 'b3']);
});

test('a missing record does not mean that the build was pruned if an older or an older adopted build still has one', (t) => {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2', 'b3', 'b4']) {
    handle(builds, start(id));
    handle(builds, finish(id));
  }
  for (const id of ['b1', 'b3']) rmSync(join(builds.directory, `${id}.json`));
  const earlier = { started_at: minuteText(-9), finished_at: minuteText(-8) };
  writeForeign(builds, 'old', { ...ended, ...earlier });
  t.deepEqual(ids(adopted(builds)), ['old', 'b1', 'b2', 'b3', 'b4']);
  update(builds, { loaded: adopted(builds) }, 'all', refuseWarning);
  for (const id of ['old', 'b1', 'b3']) rmSync(join(builds.directory, `${id}.json`));
  writeForeign(builds, 'new', { ...ended, started_at: minuteText(2), finished_at: minuteText(3) });
  t.deepEqual(ids(adopted(builds)), ['b2', 'b3', 'b4', 'new']);
});

test('if only logs are left, or no record of an ended build, nothing has been pruned', (t) => {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2']) {
    handle(builds, start(id));
    handle(builds, finish(id));
    rmSync(join(builds.directory, `${id}.json`));
  }
  writeForeign(builds, 'b3', { status: 'running', pid: process.pid, started_at: minuteText(2) });
  t.deepEqual(ids(adopted(builds)), ['b1', 'b2', 'b3']);
  writeFileSync(join(builds.directory, 'b1.log'), '');
  writeForeign(builds, 'b4', { ...ended, started_at: minuteText(3), finished_at: minuteText(4) });
  t.deepEqual(ids(adopted(builds)), ['b1', 'b2', 'b3', 'b4']);
});

test.serial('a build that began and ended while the directory was listed has not been pruned by anybody', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  writeForeign(builds, 'b2', ended);
  const list = fs.readdirSync;
  t.teardown(() => Object.assign(fs, { readdirSync: list }));
  const meanwhile = (...args: Parameters<typeof list>): unknown => {
    if (args[0] !== builds.directory) return list(...args);
    Object.assign(fs, { readdirSync: list });
    const names = list(...args);
    handle(builds, start('quick'));
    handle(builds, finish('quick'));
    return names;
  };
  Object.assign(fs, { readdirSync: meanwhile });
  t.deepEqual(ids(adopted(builds)), ['b1', 'quick', 'b2']);
});

test('a build whose record was not written yet when it ended has not been pruned by anybody', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'), finished('b1', { finishedAt: minuteText(90) })); // and no file was updated yet
  writeForeign(builds, 'b2', ended);
  t.deepEqual(ids(adopted(builds)), ['b1', 'b2']);
});

test('deleting every record changes no answer', (t) => {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2', 'b3']) {
    handle(builds, start(id));
    if (id !== 'b3') handle(builds, finish(id));
  }
  handle(builds, prune(1));
  handle(builds, start('b4'));
  handle(builds, discard('b4'));
  const before = adopted(builds).history;
  for (const id of ['b2', 'b3']) rmSync(join(builds.directory, `${id}.json`));
  t.deepEqual(adopted(builds).history, before);
});

test('the end that something else has recorded for a dead build counts alongside the stock plugin at once', (t) => {
  const builds: AppBuilds = { ...temporaryApp(t), mode: 'alongside' };
  append(builds, started('b1', { process: identifyProcess(process.pid) }));
  writeForeign(builds, 'b1', { ...ended, status: 'failed', exit_code: 3, pid: process.pid });
  t.like(buildsOf(adopted(builds).history), [{ status: 'failed', exitCode: 3 }]);
});

test('alongside, builds that the stock plugin removed are pruned, a running one only if its process is gone', (t) => {
  const builds: AppBuilds = { ...temporaryApp(t), mode: 'alongside' };
  append(
    builds,
    ...[started('b1'), finished('b1'), started('b2'), finished('b2')],
    ...[started('dead', { process: { pid: GONE } }), started('alive', { process: identifyProcess(process.pid) })],
  );
  writeForeign(builds, 'b2', ended);
  t.deepEqual(ids(adopted(builds)), ['b2', 'alive']);
});

test.serial(
  'however many records there are, each is read once, and the journal and the directory as often as for few',
  (t) => {
    const [few, many] = [50, 500].map((count) => {
      const builds = temporaryApp(t, `app${count}`);
      for (let n = 0; n < count; n += 1)
        writeForeign(builds, `r${n}`, n % 2 === 0 ? ended : { status: 'running', pid: GONE });
      const files = countFiles(t, () => adopted(builds));
      t.is(buildsOf(loadHistory(builds.directory).history).length, count);
      t.is(files.records, count);
      return files;
    });
    t.deepEqual({ ...many, records: 0 }, { ...few, records: 0 } as never);
  },
);

test.serial(
  'what was read for the adoption is not read again to be compared, and others are written as they should be',
  (t) => {
    const builds = temporaryApp(t);
    writeForeign(builds, 'other', ended);
    const elsewhere = temporaryApp(t);
    writeForeign(elsewhere, 'same', ended);
    adopted(elsewhere);
    writeFileSync(join(builds.directory, 'same.json'), recordsOf(elsewhere)['same.json'] ?? '');
    const { loaded, texts } = adoptRecords(builds, testMachine, refuseWarning);
    const stale = staleRecords(builds.directory, builds.app, buildsOf(loaded.history), texts);
    t.deepEqual(
      stale.map(({ id }) => id),
      ['other'] as never,
    );
    const files = countFiles(t, () => updateFiles(builds, loaded, 'all', testMachine, refuseWarning, texts));
    t.is(files.records, 0);
    t.deepEqual(filesOf(builds), recordsOf(builds));
  },
);

test.serial('records that are known are not read again', (t) => {
  const builds = temporaryApp(t);
  for (let n = 0; n < 20; n += 1) writeForeign(builds, `r${n}`, ended);
  adopted(builds);
  t.is(countFiles(t, () => adopted(builds)).records, 0);
});

const GONE = 2 ** 22 + 1; // more than any pid

/** How many record files `work` opens, how often it opens the journal, and how often it lists a directory. */
function countFiles(t: ExecutionContext, work: () => unknown): { records: number; journal: number; lists: number } {
  const counts = { records: 0, journal: 0, lists: 0 };
  const { openSync, readdirSync: list } = fs;
  const restore = (): unknown => Object.assign(fs, { openSync, readdirSync: list });
  t.teardown(restore);
  Object.assign(fs, {
    openSync: (...args: Parameters<typeof openSync>): number => {
      if (String(args[0]).endsWith('.json')) counts.records += 1;
      if (String(args[0]).endsWith('.journal')) counts.journal += 1;
      return openSync(...args);
    },
    readdirSync: (...args: Parameters<typeof list>): unknown => {
      counts.lists += 1;
      return list(...args);
    },
  });
  work();
  restore();
  return counts;
}

function adopted(builds: AppBuilds): Loaded {
  return adoptRecords(builds, testMachine, refuseWarning).loaded;
}

function ids({ history }: Loaded): string[] {
  return buildsOf(history).map(({ id }) => id);
}
