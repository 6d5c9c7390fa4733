import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { deadPid, finishedRecord, recordText, runningRecord, writeRecords } from '../expectedRecord';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

/** The ids of an app's builds that have a record, and of those that have a log. */
function filesOf(app: string, ...ids: string[]): { records: string[]; logs: string[] } {
  const having = (ending: string) => ids.filter((id) => existsSync(host.file(app, `${id}${ending}`)));
  return { records: having('.json'), logs: having('.log') };
}

test('prune marks dead builds failed, and drops the oldest finished records and their logs beyond the retention', async (t) => {
  await host.createApp('shop');
  await host.dokku(['builds:set', 'shop', 'retention', '2']);
  const live = host.process();
  const dead = runningRecord('shop', 'dead', 5, deadPid);
  const lives = runningRecord('shop', 'live', 1, live.pid);
  writeRecords(host, lives, dead, ...[2, 3, 4].map((minute) => finishedRecord('shop', `b${minute}`, minute)));
  const { code } = await host.dokku(['builds:prune', 'shop']);
  t.is(code, 0);
  // How a build that never finished competes with those that did is for the specs of retention: here, two of four
  // stay.
  const { records, logs } = filesOf('shop', 'b2', 'b3', 'b4', 'dead');
  t.is(records.length, 2);
  t.deepEqual(logs, records);
  t.true(records.includes('b4'));
  t.false(records.includes('b2'));
  t.is(host.read('shop', 'live.json'), recordText(lives));
  t.true(existsSync(host.file('shop', 'live.log')));
});

test('prune records a dead build as failed with exit code -1', async (t) => {
  await host.createApp('reaped');
  const dead = runningRecord('reaped', 'dead', 5, deadPid);
  writeRecords(host, dead);
  t.is((await host.dokku(['builds:prune', 'reaped'])).code, 0);
  const finished_at = String(host.record('reaped', 'dead')['finished_at']);
  t.is(host.read('reaped', 'dead.json'), recordText({ ...dead, finished_at, status: 'failed', exit_code: -1 }));
});

test('the end of a build applies the retention, too', async (t) => {
  await host.createApp('kept');
  await host.dokku(['builds:set', 'kept', 'retention', '1']);
  for (const id of ['one', 'two', 'three']) {
    await host.trigger('builds-record-start', ['kept', id, String(process.pid), 'git-hook']);
    host.write(host.file('kept', `${id}.log`), 'output\n');
    await host.trigger('builds-record-finalize', ['kept', id, '0']);
  }
  t.deepEqual(filesOf('kept', 'one', 'two', 'three'), { records: ['three'], logs: ['three'] });
});

test('prune --all-apps goes over every app, in parallel where asked, and one that fails does not stop the others', async (t) => {
  const many = await createSandbox();
  try {
    for (const app of ['first', 'second', 'third']) {
      await many.createApp(app);
      writeRecords(many, runningRecord(app, 'dead', 1, deadPid), finishedRecord(app, 'done', 2));
    }
    const { code, stdout, stderr } = await many.dokku(['builds:prune', '--all-apps', '--parallel', '2']);
    t.is(code, 0, stderr);
    for (const app of ['first', 'second', 'third']) {
      t.like(many.record(app, 'dead'), { status: 'failed', exit_code: -1 });
      t.is(stdout.split('\n').filter((line) => line.includes(app)).length, 1, stdout);
    }
    t.is((await many.dokku(['builds:prune', '--all-apps', '--parallel', '-1'])).code, 0);
    t.is((await many.dokku(['builds:prune', '--all-apps'])).code, 0);
    for (const wrong of ['0', '-2', 'x', '']) {
      t.is((await many.dokku(['builds:prune', '--all-apps', '--parallel', wrong])).code, 1, wrong);
    }

    const broken = many.file('second', 'events.journal');
    await many.run(['bash', '-c', 'rm -rf "$1" && mkdir "$1"', 'bash', broken]);
    const failing = await many.dokku(['builds:prune', '--all-apps']);
    t.is(failing.code, 1);
    t.regex(failing.stderr, /^ ! {5}.*second/m);
    t.regex(failing.stdout, /third/);
  } finally {
    await many.remove();
  }
});

test('a retention is set, for an app or for all, resolved, and cleared', async (t) => {
  const scoped = await createSandbox();
  try {
    await scoped.createApp('shop');
    const stored = (scope: string) => join(scoped.paths.config, 'builds', scope, 'retention');
    const computed = async () => (await scoped.dokku(['builds:report', 'shop', '--builds-computed-retention'])).stdout;
    const set = async (...args: string[]) => (await scoped.dokku(['builds:set', ...args])).stdout;

    t.is(await computed(), '20\n');
    t.is(await set('--global', 'retention', '9'), '=====> Setting retention to 9\n');
    t.is(await computed(), '9\n');
    t.is(await set('shop', 'retention', '5'), '=====> Setting retention to 5\n');
    t.is(await computed(), '5\n');
    t.deepEqual([readFileSync(stored('--global'), 'utf8'), readFileSync(stored('shop'), 'utf8')], ['9', '5']);
    t.is(statSync(stored('shop')).mode & 0o777, 0o600);
    t.is(statSync(join(scoped.paths.config, 'builds', 'shop')).mode & 0o777, 0o755);
    t.is(await set('shop', 'retention', ''), '=====> Unsetting retention\n');
    t.is(await set('shop', 'retention'), '=====> Unsetting retention\n');
    t.is(await computed(), '9\n');
    t.is(await set('--global', 'retention'), '=====> Unsetting retention\n');
    t.is(await computed(), '20\n');
    t.is((await scoped.dokku(['--quiet', 'builds:set', 'shop', 'retention', '3'])).stdout, '');
  } finally {
    await scoped.remove();
  }
});

test('a stored retention that is none is warned about and passed over', async (t) => {
  await host.createApp('spoilt');
  host.write(join(host.paths.config, 'builds', 'spoilt', 'retention'), 'many');
  const { code, stdout, stderr } = await host.dokku(['builds:report', 'spoilt', '--builds-computed-retention']);
  t.deepEqual([code, stdout], [0, '20\n']);
  t.regex(stderr, /^ ! {5}.*many/);
});

test('a retention that is no whole number of at least 1 is refused, and so is any other property', async (t) => {
  await host.createApp('strict');
  for (const value of ['0', '-1', '1.5', 'many', '1e3', ' 5', '0x10', '5 ']) {
    const { code, stderr } = await host.dokku(['builds:set', 'strict', 'retention', value]);
    t.is(code, 1);
    t.is(stderr, ` !     Invalid retention "${value}": must be a positive integer\n`);
  }
  t.like(await host.dokku(['builds:set', 'strict', 'color', 'red']), {
    code: 1,
    stdout: '',
    stderr: ' !     Invalid property "color" (allowed: retention)\n',
  });
  const unnamed = await host.dokku(['builds:set', 'strict']);
  t.is(unnamed.code, 1);
  t.regex(unnamed.stderr, /^ ! {5}Please specify a property: retention, retention-days, log-retention, notify-url, /);
  t.false(existsSync(join(host.paths.config, 'builds', 'strict', 'retention')));
});

test('properties, records and history follow a renamed, cloned or destroyed app', async (t) => {
  await host.createApp('old');
  await host.dokku(['builds:set', 'old', 'retention', '4']);
  writeRecords(host, finishedRecord('old', 'done', 1));
  await host.dokku(['apps:rename', 'old', 'new']);
  const view = JSON.parse((await host.dokku(['builds:info', 'new', 'done', '--format', 'json'])).stdout) as object;
  t.like(view, { app: 'new', log_path: host.file('new', 'done.log') });
  t.is(host.read('new', 'done.json'), recordText(finishedRecord('new', 'done', 1)));
  t.is((await host.dokku(['builds:list', 'old'])).code, 20);
  t.false(existsSync(host.file('old', '')));

  await host.dokku(['apps:clone', 'new', 'copy']);
  t.is((await host.dokku(['builds:report', 'copy', '--builds-retention'])).stdout, '4\n');
  t.is((await host.dokku(['builds:list', 'copy'])).stdout, 'No builds recorded for this app\n');

  await host.dokku(['--force', 'apps:destroy', 'new']);
  t.false(existsSync(host.file('new', '')));
  t.false(existsSync(join(host.paths.config, 'builds', 'new')));
  await host.createApp('new');
  t.is((await host.dokku(['builds:list', 'new'])).stdout, 'No builds recorded for this app\n');
  t.is((await host.dokku(['builds:report', 'new', '--builds-retention'])).stdout, '\n');
});
