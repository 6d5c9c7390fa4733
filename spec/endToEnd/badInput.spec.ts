import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, type Sandbox, script } from '../../scripts/sandbox/host';
import { finishedRecord, recordText, runningRecord, writeRecords } from './expectedRecord';
import { holdsStackTrace, quietly } from './quietly';

let host: Sandbox;

test.before(async () => {
  // Root may write anywhere, so nothing runs as root here.
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
  host = await createSandbox({ user });
  await host.createApp('shop', { build: script('echo built') });
  writeRecords(host, finishedRecord('shop', 'done', 1));
  await host.createApp('other');
  writeRecords(host, finishedRecord('other', 'bait', 1));
});

test.after.always(() => host.remove());

test('a trigger without all of its arguments is refused, and records nothing', async (t) => {
  await host.createApp('arguments');
  for (const [name, ...args] of [
    ['builds-record-start'],
    ['builds-record-start', 'arguments'],
    ['builds-record-start', 'arguments', 'id1'],
    ['builds-record-finalize', 'arguments'],
    ['builds-record-finalize', 'arguments', 'id1'],
    ['builds-record-discard', 'arguments'],
    ['post-app-rename-setup', 'arguments'],
    ['post-app-clone-setup', 'arguments'],
  ] as const) {
    const result = await host.trigger(name, args);
    t.true(quietly(result), name);
    t.regex(result.stderr, /^ ! {5}\S/, `${name} ${args.join(' ')}`);
    t.is(result.code, 1, `${name} ${args.join(' ')}`);
  }
  t.is((await host.dokku(['builds:list', 'arguments'])).stdout, 'No builds recorded for this app\n');
});

test('a pid or an exit code that is not a number is refused, and nothing is recorded', async (t) => {
  await host.createApp('numbers');
  for (const pid of ['x', '', '-1', '0', '1.5', '12x', '0x10', '99999999999999999999']) {
    const result = await host.trigger('builds-record-start', ['numbers', 'id1', pid, 'git-hook']);
    t.is(result.code, 1, pid);
    t.regex(result.stderr, /^ ! {5}.*pid/, pid);
    t.true(quietly(result));
  }
  t.is((await host.dokku(['builds:list', 'numbers'])).stdout, 'No builds recorded for this app\n');
  await host.trigger('builds-record-start', ['numbers', 'id2', String(process.pid), 'git-hook']);
  for (const exitCode of ['x', '', '1.5', '0x1']) {
    const result = await host.trigger('builds-record-finalize', ['numbers', 'id2', exitCode]);
    t.is(result.code, 1, exitCode);
    t.true(quietly(result));
  }
  t.like(host.record('numbers', 'id2'), { status: 'running' });
});

test('the end of a build that was never recorded is warned about, and no failure', async (t) => {
  await host.createApp('unrecorded');
  const { code, stdout, stderr } = await host.trigger('builds-record-finalize', ['unrecorded', 'nowhere', '0']);
  t.deepEqual([code, stdout], [0, '']);
  t.regex(stderr, /^ ! {5}.*unrecorded\/nowhere/);
});

test('a data directory that cannot be written is named, and never stops a deploy', async (t) => {
  await host.createApp('readonly', { build: script('echo built all the same') });
  writeRecords(host, finishedRecord('readonly', 'done', 1));
  const directory = host.file('readonly', '');
  chmodSync(directory, 0o555);
  const start = await host.trigger('builds-record-start', ['readonly', 'id1', String(process.pid), 'git-hook']);
  t.is(start.code, 1);
  t.true(start.stderr.includes(directory.replace(/\/$/, '')), start.stderr);
  t.true(quietly(start));

  const deploy = await host.dokku(['ps:rebuild', 'readonly']);
  t.is(deploy.code, 0, deploy.stderr);
  t.regex(deploy.stdout, /^built all the same$/m);
  t.false(holdsStackTrace(deploy.stdout + deploy.stderr));

  const list = await host.dokku(['builds:list', 'readonly']);
  t.is(list.code, 0, 'reading needs no right to write');
  t.regex(list.stdout, /^done /m);
  for (const [args, shows] of [
    [['builds:info', 'readonly', 'done'], /Status: +succeeded/],
    [['builds:list', 'readonly', '--format', 'json'], /"id":"done"/],
    [['builds:report', 'readonly'], /done/],
    [['builds:page', 'readonly'], /done/],
  ] as const) {
    const { code, stdout, stderr } = await host.dokku(args);
    t.is(code, 0, `${args[0]}: ${stderr}`);
    t.regex(stdout, shows, args[0]);
  }
  chmodSync(directory, 0o755);
});

test('a record that is not JSON, a directory, a link, a pipe or huge is ignored, and left alone', async (t) => {
  await host.createApp('spoilt');
  writeRecords(host, finishedRecord('spoilt', 'good', 1));
  host.write(host.file('spoilt', 'torn.json'), '{ "id": "torn", "status": ');
  host.write(host.file('spoilt', 'list.json'), '[1, 2]\n');
  host.write(host.file('spoilt', 'null.json'), 'null\n');
  host.write(host.file('spoilt', 'empty.json'), '');
  host.write(host.file('spoilt', 'huge.json'), `{ "id": "huge", "app": "${'x'.repeat(5_000_000)}" }`);
  mkdirSync(host.file('spoilt', 'directory.json'));
  symlinkSync(host.file('other', 'bait.json'), host.file('spoilt', 'bait.json'));
  await host.run(['mkfifo', host.file('spoilt', 'pipe.json')]);
  const list = await host.dokku(['builds:list', 'spoilt', '--format', 'json']);
  t.is(list.code, 0);
  t.deepEqual(
    (JSON.parse(list.stdout) as { id: string }[]).map(({ id }) => id),
    ['good'],
  );
  t.true(quietly(list));
  for (const id of ['torn', 'list', 'null', 'empty', 'huge', 'directory', 'bait', 'pipe']) {
    const info = await host.dokku(['builds:info', 'spoilt', id]);
    t.is(info.code, 1, id);
    t.regex(info.stderr, new RegExp(`No build record found for spoilt/${id}$`, 'm'));
    t.true(quietly(info));
  }
  t.is((await host.dokku(['builds:prune', 'spoilt'])).code, 0);
  t.is(host.read('spoilt', 'torn.json'), '{ "id": "torn", "status": ');
  t.is(readFileSync(host.file('other', 'bait.json'), 'utf8'), recordText(finishedRecord('other', 'bait', 1)));
});

test('a record that turns into a directory does not keep a build from ending', async (t) => {
  await host.createApp('replaced');
  await host.trigger('builds-record-start', ['replaced', 'now', String(process.pid), 'git-hook']);
  await host.run(['bash', '-c', 'rm "$1" && mkdir "$1"', 'bash', host.file('replaced', 'now.json')]);
  const end = await host.trigger('builds-record-finalize', ['replaced', 'now', '0']);
  t.true(quietly(end));
  t.regex((await host.dokku(['builds:list', 'replaced'])).stdout, /^now +build +succeeded /m);
});

test('an app whose data directory is a link elsewhere gets no record there', async (t) => {
  await host.createApp('linked');
  const elsewhere = join(host.paths.tmp, 'elsewhere');
  mkdirSync(elsewhere, { mode: 0o777 });
  chmodSync(elsewhere, 0o777);
  symlinkSync(elsewhere, join(host.paths.builds, 'linked'));
  const result = await host.trigger('builds-record-start', ['linked', 'id1', String(process.pid), 'git-hook']);
  t.true(quietly(result));
  t.deepEqual(readdirSync(elsewhere), []);
});

test('stdout that is closed early is not a failure, and no reason for a stack trace', async (t) => {
  await host.createApp('many');
  const records = Array.from({ length: 400 }, (_, index) => finishedRecord('many', `build${index}`, index));
  writeRecords(host, ...records);
  const { stdout, stderr } = await host.run([
    'bash',
    '-c',
    'dokku builds:list many --status succeeded --format json | head -c 20; dokku builds:list many --status succeeded | head -n 1; dokku builds:help | true; dokku builds:output many build1 | true; echo "${PIPESTATUS[0]}"',
  ]);
  t.regex(stdout, /^\[\{"id":"build399","a.*Build ID /s);
  t.is(stderr, '');
});

test('a stack trace is shown with --trace only', async (t) => {
  const failing = ['builds:info', 'shop', 'nowhere'];
  const [plain, traced] = [await host.dokku(failing), await host.dokku(['--trace', ...failing])];
  t.is(plain.stderr, ' !     No build record found for shop/nowhere\n');
  t.true(holdsStackTrace(traced.stderr), traced.stderr);
  t.is(traced.code, 1);
});

test('builds-generate-id prints an id and nothing else, whatever it is called with and wherever', async (t) => {
  for (const env of [
    {},
    { DOKKU_LIB_ROOT: '/nowhere' },
    { DOKKU_ROOT: undefined },
    { DOKKU_TRACE: '1' },
    { HOME: '' },
  ]) {
    const path = join(host.paths.plugins, 'enabled', 'builds', 'builds-generate-id');
    const { code, stdout } = await host.run([path, 'surplus', '--flag'], { env });
    t.is(code, 0);
    t.regex(stdout, /^[0-9a-z]{14}\n$/);
  }
});

test('a pid that belongs to the caller of cancel is never signalled', async (t) => {
  await host.createApp('self');
  writeRecords(host, runningRecord('self', 'init', 1, 1));
  host.write(host.lockPath('self'), 'init\n');
  const result = await host.dokku(['builds:cancel', 'self']);
  t.is(result.code, 1);
  t.true(quietly(result));
  t.like(host.record('self', 'init'), { status: 'running' });
});
