import { existsSync } from 'node:fs';
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

test('prune --all-apps prunes every app, in parallel if asked, and one that fails does not stop the others', async (t) => {
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
