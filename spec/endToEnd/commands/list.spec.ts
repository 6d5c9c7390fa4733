import { rmSync } from 'node:fs';

import test from 'ava';

import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { deadPid, finishedRecord, runningRecord, table, toWholeSeconds, writeRecords } from '../expectedRecord';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

const HOST_COLUMNS = ['App', 'Build ID', 'Kind', 'PID', 'Source', 'Started'];

test.serial('a host without apps says so', async (t) => {
  const said = async (command: string) => {
    const { code, stdout, stderr } = await host.dokku(command.split(' '));
    return [code, stdout, stderr];
  };
  t.deepEqual(await said('builds:list'), [0, 'No builds currently running\n', '']);
  t.deepEqual(await said('builds:list --format json'), [0, '[]\n', '']);
  t.deepEqual(await said('builds:list --recent'), [0, 'No builds recorded\n', '']);
  t.deepEqual(await said('builds:list --status running'), [0, 'No builds currently running\n', '']);
  t.deepEqual(await said('builds:list --kind deploy'), [0, 'No builds currently running\n', '']);
  t.deepEqual(await said('builds:list --status abandoned'), [0, 'No builds currently running\n', '']);
  t.deepEqual(await said('builds:report'), [0, '', " !     You haven't deployed any applications yet\n"]);
});

test.serial('damage is warned of once, though all builds are read again before a filter is answered', async (t) => {
  const [failed, damaged] = ['unlucky', 'damaged'];
  await Promise.all([failed, damaged].map((app) => host.createApp(app)));
  writeRecords(host, finishedRecord(failed, 'badly', 1, { status: 'failed', exit_code: 4 }));
  host.write(host.file(damaged, 'events.journal'), 'no frame '.repeat(1000));
  const none = await host.dokku(['builds:list', '--status', 'abandoned']);
  t.is(none.stdout, 'No builds match\n');
  t.is(none.stderr.split('\n').filter((line) => line.includes(damaged)).length, 1, none.stderr);
  t.is((await host.dokku(['builds:list', '--kind', 'deploy'])).stderr, '');
  rmSync(host.file(damaged, 'events.journal'));
});

test.serial('without an app, what runs on the host and lives is listed, newest first', async (t) => {
  await Promise.all(['east', 'west'].map((app) => host.createApp(app)));
  const [older, newer, gone] = [host.process(), host.process(), deadPid];
  const start = async (app: string, id: string, pid: number, source: string) => {
    await host.trigger('builds-record-start', [app, id, String(pid), source]);
    const { kind, started_at } = host.record(app, id);
    return [app, id, String(kind), pid, source, toWholeSeconds(Date.parse(String(started_at)))] as const;
  };
  const rowOfOlder = await start('east', 'east-old', older.pid, 'git-hook');
  const rowOfNewer = await start('west', 'west-new', newer.pid, 'ps:restart');
  // Nobody waits for the end of what another program recorded.
  writeRecords(host, runningRecord('west', 'west-dead', 1, gone, { source: 'git:sync' }));
  const rowOfDead = ['west', 'west-dead', 'build', gone, 'git:sync', '2026-04-30T13:01:00Z'] as const;
  await start('east', 'east-done', older.pid, 'git-hook');
  await host.trigger('builds-record-finalize', ['east', 'east-done', '0']);

  const [live, abandoned, json, deploys] = await Promise.all([
    host.dokku(['builds:list']),
    host.dokku(['builds:list', '--status', 'abandoned']),
    host.dokku(['builds:list', '--format', 'json']),
    host.dokku(['builds:list', '--kind', 'deploy']),
  ]);
  t.is(live.stdout, table(HOST_COLUMNS, rowOfNewer, rowOfOlder));
  t.is(abandoned.stdout, table(HOST_COLUMNS, rowOfDead));
  t.is(deploys.stdout, table(HOST_COLUMNS, rowOfNewer));
  t.deepEqual(
    (JSON.parse(json.stdout) as { id: string; display_status: string }[]).map((one) => [one.id, one.display_status]),
    [
      ['west-new', 'running'],
      ['east-old', 'running'],
    ],
  );
  older.signal('SIGKILL');
  newer.signal('SIGKILL');
  await Promise.all([older.finished, newer.finished]);
  t.is((await host.dokku(['builds:list'])).stdout, 'No builds currently running\n');
});

test('what runs on the host is listed when a stock Dokku has recorded its start, too', async (t) => {
  await host.createApp('stock');
  writeRecords(host, runningRecord('stock', 'begun-before', 1, host.process().pid));
  t.is((await host.trigger('install', [])).code, 0); // adopts what is there
  t.regex(
    (await host.dokku(['builds:list'])).stdout,
    /^stock +begun-before +build +\d+ +git-hook +2026-04-30T13:01:00Z$/m,
  );
});

test('with an access control list, only the apps of the caller exist', async (t) => {
  await Promise.all(['open-app', 'secret-app'].map((app) => host.createApp(app)));
  host.addPlugin('acl', {
    'user-auth-app':
      '#!/usr/bin/env bash\nfor app in "${@:3}"; do [[ $2 == guest && $app == secret-* ]] || echo "$app"; done\n',
  });
  const [open, secret] = [host.process(), host.process()];
  await host.trigger('builds-record-start', ['open-app', 'o1', String(open.pid), 'git-hook']);
  await host.trigger('builds-record-start', ['secret-app', 's1', String(secret.pid), 'git-hook']);
  const env = { SSH_NAME: 'guest' };
  const asGuest = (...args: string[]) => host.dokku(args, { env });
  const seen = (await asGuest('builds:list')).stdout;
  t.regex(seen, /^open-app /m);
  t.notRegex(seen, /secret-app/);
  t.regex((await host.dokku(['builds:list'])).stdout, /^secret-app /m);
  t.notRegex((await asGuest('builds:report')).stdout, /secret-app/);
  for (const command of [
    ['builds:list', 'secret-app'],
    ['builds:info', 'secret-app', 's1'],
    ['builds:output', 'secret-app', 's1'],
    ['builds:cancel', 'secret-app'],
    ['builds:prune', 'secret-app'],
    ['builds:report', 'secret-app'],
    ['builds:set', 'secret-app', 'retention', '1'],
  ]) {
    const { code, stdout, stderr } = await asGuest(...command);
    t.deepEqual([code, stdout, stderr], [20, '', ' !     App secret-app does not exist\n'], command.join(' '));
  }
});
