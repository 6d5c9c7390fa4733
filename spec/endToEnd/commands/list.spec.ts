import test from 'ava';

import { createSandbox, type Result, type Sandbox } from '../../../scripts/sandbox/host';
import {
  deadPid,
  finishedRecord,
  recordText,
  runningRecord,
  table,
  toWholeSeconds,
  writeRecords,
} from '../expectedRecord';

let host: Sandbox;
let onEmptyHost: readonly [Result, Result];

test.before(async () => {
  host = await createSandbox();
  onEmptyHost = [await host.dokku(['builds:list']), await host.dokku(['builds:list', '--format', 'json'])];
});

test.after.always(() => host.remove());

const APP_COLUMNS = ['Build ID', 'Kind', 'Status', 'PID', 'Source', 'Started', 'Duration'];
const HOST_COLUMNS = ['App', 'Build ID', 'Kind', 'PID', 'Source', 'Started'];

test('a host where nothing runs says so, and an empty array in JSON', (t) => {
  const [text, json] = onEmptyHost;
  t.like(text, { code: 0, stdout: 'No builds currently running\n', stderr: '' });
  t.like(json, { code: 0, stdout: '[]\n', stderr: '' });
});

test('an app without builds says so, and an empty array in JSON', async (t) => {
  await host.createApp('empty');
  const [text, json] = await Promise.all([
    host.dokku(['builds:list', 'empty']),
    host.dokku(['builds:list', 'empty', '--format', 'json']),
  ]);
  t.like(text, { code: 0, stdout: 'No builds recorded for this app\n', stderr: '' });
  t.like(json, { code: 0, stdout: '[]\n', stderr: '' });
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

test('with an app, live builds come first, then the newest, as many as are kept; a filter shows all that fit', async (t) => {
  await host.createApp('shop');
  await host.dokku(['builds:set', 'shop', 'retention', '2']);
  const live = host.process();
  const gone = deadPid;
  writeRecords(
    host,
    runningRecord('shop', 'live', 1, live.pid),
    finishedRecord('shop', 'first', 2),
    finishedRecord('shop', 'second', 3, { status: 'failed', exit_code: 1 }),
    finishedRecord('shop', 'third', 4, { kind: 'deploy', source: 'ps:restart' }),
    finishedRecord('shop', 'fourth', 5, { status: 'canceled', exit_code: -1 }),
    runningRecord('shop', 'dead', 6, gone),
  );
  const list = async (...args: string[]) => (await host.dokku(['builds:list', 'shop', ...args])).stdout;
  const all = await list();
  const [header, rowOfLive, ...others] = all.trimEnd().split('\n');
  t.regex(header ?? '', /^Build ID {2}Kind {3,}Status {2,}PID {2,}Source {2,}Started {2,}Duration$/);
  t.regex(rowOfLive ?? '', new RegExp(`^live +build +running +${live.pid} +git-hook +2026-04-30T13:01:00Z +\\w+$`));
  t.regex(others[0] ?? '', new RegExp(`^dead +build +abandoned +${gone} +git-hook +2026-04-30T13:06:00Z +\\w+$`));
  t.regex(others[1] ?? '', /^fourth +build +canceled +4242 +git-hook +2026-04-30T13:05:00Z +1m14s$/);
  t.is(others.length, 2);

  const row = (id: string, kind: string, status: string, source: string, minute: number) =>
    [id, kind, status, 4242, source, `2026-04-30T13:0${minute}:00Z`, '1m14s'] as const;
  const third = row('third', 'deploy', 'succeeded', 'ps:restart', 4);
  t.is(
    await list('--status', 'succeeded'),
    table(APP_COLUMNS, third, row('first', 'build', 'succeeded', 'git-hook', 2)),
  );
  t.is(await list('--status=failed'), table(APP_COLUMNS, row('second', 'build', 'failed', 'git-hook', 3)));
  t.is(await list('--status', 'canceled'), table(APP_COLUMNS, row('fourth', 'build', 'canceled', 'git-hook', 5)));
  t.is(await list('--kind=deploy', '--status', 'succeeded'), table(APP_COLUMNS, third));
  t.is(await list('--kind', 'deploy', '--status', 'failed'), 'No builds recorded for this app\n');
  t.is(await list('--until', '2001-01-01'), 'No builds match\n', 'an app with builds');
  t.regex(await list('--status', 'running'), /^live .*\n$/m);
  t.notRegex(await list('--status', 'running'), /dead/);
  t.regex(await list('--status', 'abandoned'), /^dead +build +abandoned /m);
  t.is((await list('--kind', 'build')).split('\n').length, 7);
});

test('JSON is one array on one line: the record with its own times, then how it shows', async (t) => {
  await host.createApp('exact');
  const record = finishedRecord('exact', 'nanoseconds', 50, {
    started_at: '2026-04-30T13:50:00.000000001Z',
    finished_at: '2026-04-30T14:52:03.4999Z',
  });
  const live = host.process();
  const running = runningRecord('exact', 'at-work', 51, live.pid);
  writeRecords(host, record, running);
  const { stdout } = await host.dokku(['builds:list', 'exact', '--format', 'json']);
  const own = JSON.stringify(JSON.parse(recordText(record))).slice(1, -1);
  const shown = `"display_status":"succeeded","duration":"1h2m3s","log_path":"${host.file('exact', 'nanoseconds.log')}","duration_seconds":3723,"actor":{}`;
  t.regex(stdout, /^\[[^\n]*\]\n$/);
  t.true(stdout.endsWith(`,{${own},${shown}}]\n`), stdout);
  const [first] = JSON.parse(stdout) as [Record<string, unknown>];
  t.deepEqual(Object.keys(first), [
    ...['id', 'app', 'kind', 'pid', 'started_at', 'status', 'source'],
    ...['display_status', 'duration', 'log_path', 'duration_seconds', 'actor'],
  ]);
  t.like(first, { ...running, display_status: 'running' });
});

test('an abandoned build is `running` in the status of a view, and `abandoned` only where it is displayed', async (t) => {
  await host.createApp('left');
  writeRecords(host, runningRecord('left', 'gone', 1, deadPid));
  const { stdout } = await host.dokku(['builds:list', 'left', '--format', 'json']);
  t.like((JSON.parse(stdout) as object[])[0], { status: 'running', display_status: 'abandoned' });
});

test('durations are in whole seconds, with hours and minutes only if there are any', async (t) => {
  await host.createApp('durations');
  const lasting = (id: string, minute: number, finished_at: string) =>
    finishedRecord('durations', id, minute, { started_at: `2026-04-30T13:0${minute}:00Z`, finished_at });
  writeRecords(
    host,
    lasting('instant', 1, '2026-04-30T13:01:00.4Z'),
    lasting('rounded', 2, '2026-04-30T13:02:58.6Z'),
    lasting('minute', 3, '2026-04-30T13:04:00Z'),
    lasting('hours', 4, '2026-04-30T15:07:09Z'),
  );
  const { stdout } = await host.dokku(['builds:list', 'durations', '--format', 'json']);
  const durations = (JSON.parse(stdout) as { id: string; duration: string }[]).map((one) => [one.id, one.duration]);
  t.deepEqual(Object.fromEntries(durations), { instant: '0s', rounded: '59s', minute: '1m0s', hours: '2h3m9s' });
});

test('a header stands above the table on a terminal only, and not with --quiet', async (t) => {
  await host.createApp('titled');
  const live = host.process();
  await host.trigger('builds-record-start', ['titled', 'now', String(live.pid), 'ps:rebuild']);
  const onTerminal = async (command: string) => {
    const { stdout } = await host.run(['script', '-qec', command, '/dev/null']);
    return stdout.replaceAll('\r\n', '\n');
  };
  t.regex(await onTerminal('dokku builds:list titled'), /^=====> titled builds\nBuild ID /);
  t.regex(await onTerminal('dokku builds:list'), /^=====> Currently running builds\nApp /);
  t.regex(await onTerminal('dokku --quiet builds:list titled'), /^Build ID /);
  t.regex((await host.dokku(['builds:list', 'titled'])).stdout, /^Build ID /);
});

test('a source that no build has is named if Dokku does not know it', async (t) => {
  await host.createApp('sources');
  const { code, stdout, stderr } = await host.dokku(['builds:list', 'sources', '--source', 'git-hok']);
  t.like({ code, stdout }, { code: 0, stdout: 'No builds match\n' });
  t.is(stderr, ' !     No build has the source "git-hok"; did you mean git-hook?\n');
  t.is((await host.dokku(['builds:list', 'sources', '--source', 'git-hook'])).stderr, '');
});

test('a value that is not allowed is named, with those that are', async (t) => {
  await host.createApp('strict');
  const refused = async (...args: string[]) => {
    const { code, stdout, stderr } = await host.dokku(['builds:list', ...args]);
    t.deepEqual([code, stdout], [1, '']);
    return stderr;
  };
  t.is(await refused('strict', '--kind', 'x'), ' !     Invalid --kind value "x" (allowed: build, deploy)\n');
  t.is(
    await refused('strict', '--status=done'),
    ' !     Invalid --status value "done" (allowed: running, succeeded, failed, canceled, abandoned)\n',
  );
  t.is(
    await refused('strict', '--format', 'yaml'),
    ' !     Invalid format specified, supported formats: json, stdout\n',
  );
});

test('an empty kind or status filters nothing', async (t) => {
  await host.createApp('unfiltered');
  writeRecords(host, finishedRecord('unfiltered', 'b1', 1), finishedRecord('unfiltered', 'b2', 2, { kind: 'deploy' }));
  const { stdout } = await host.dokku(['builds:list', 'unfiltered']);
  t.regex(stdout, /^b2 [^]*^b1 /m);
  t.is((await host.dokku(['builds:list', 'unfiltered', '--kind', '', '--status='])).stdout, stdout);
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

test('a filter on the whole host shows what has ended, too, newest first, and never says that nothing runs', async (t) => {
  const own = await createSandbox();
  t.teardown(() => own.remove());
  t.is((await own.dokku(['builds:list', '--recent'])).stdout, 'No builds recorded\n');
  await Promise.all(['east', 'west'].map((app) => own.createApp(app)));
  writeRecords(
    own,
    finishedRecord('east', 'e1', 1, { status: 'failed', exit_code: 1 }),
    finishedRecord('west', 'w2', 2),
    finishedRecord('east', 'e3', 3, { status: 'canceled', exit_code: -1, source: 'git:sync' }),
  );
  const listed = async (...args: string[]) =>
    (await own.dokku(['builds:list', ...args])).stdout.match(/^\w+ +[ew]\d/gm)?.map((row) => row.slice(-2));
  t.deepEqual(await listed('--recent'), ['e3', 'w2', 'e1']);
  t.deepEqual(await listed('--limit', '2'), ['e3', 'w2']);
  t.deepEqual(await listed('--status', 'failed,canceled'), ['e3', 'e1']);
  t.deepEqual(await listed('--status', 'failed', '--status', 'succeeded'), ['w2', 'e1']);
  t.deepEqual(await listed('--source', 'git:sync'), ['e3']);
  t.deepEqual(await listed('--since', '2026-04-30T13:02:00Z', '--until', '2026-04-30 13:02'), ['w2']);
  t.regex((await own.dokku(['builds:list', 'east', '--limit', '1'])).stdout, /^Build ID .*\ne3 .*\n$/);
  const { stdout } = await own.dokku(['builds:list', '--status', 'failed']);
  t.regex(stdout, /^App +Build ID +Kind +Status +PID +Source +Started +Duration\n/);
  t.is((await own.dokku(['builds:list', '--since', '2027-01-01'])).stdout, 'No builds match\n');
  t.is((await own.dokku(['builds:list', '--since', '2027-01-01', '--format', 'json'])).stdout, '[]\n');
  t.is((await own.dokku(['builds:list'])).stdout, 'No builds currently running\n', 'unfiltered it is what it was');
  for (const args of [
    ['--limit', '0'],
    ['--since', 'noon'],
    ['--since', '1h', '--until', '2h'],
    ['east', '--recent'],
  ]) {
    const result = await own.dokku(['builds:list', ...args]);
    t.deepEqual([result.code, result.stdout], [1, ''], args.join(' '));
  }
});
