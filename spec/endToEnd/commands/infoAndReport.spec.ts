import test from 'ava';

import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { deadPid, finishedRecord, recordText, runningRecord, writeRecords } from '../expectedRecord';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

/** The labels and values of `builds:info`; it has to be indented by seven spaces, with the values in one column. */
function readInfo(stdout: string): [label: string, value: string][] {
  const lines = stdout.trimEnd().split('\n');
  const parsed = lines.map((line) => /^ {7}((?:\S+ )*?\S+:)( +)(\S.*)$/.exec(line) ?? [line]);
  const columns = new Set(parsed.map(([, label = '', gap = '']) => label.length + gap.length));
  if (columns.size !== 1) throw new Error(`The values are not aligned:\n${stdout}`);
  return parsed.map(([, label = '', , value = '']) => [label, value]);
}

test('info shows every value of a finished build, aligned', async (t) => {
  await host.createApp('shop');
  writeRecords(host, finishedRecord('shop', 'done', 50, { status: 'failed', exit_code: 7 }));
  const { code, stdout, stderr } = await host.dokku(['builds:info', 'shop', 'done']);
  t.deepEqual([code, stderr], [0, '']);
  t.deepEqual(readInfo(stdout).slice(0, 11), [
    ['Build ID:', 'done'],
    ['App:', 'shop'],
    ['Kind:', 'build'],
    ['Status:', 'failed'],
    ['PID:', '4242'],
    ['Source:', 'git-hook'],
    ['Started:', '2026-04-30T13:50:00Z'],
    ['Finished:', '2026-04-30T13:51:14Z'],
    ['Duration:', '1m14s'],
    ['Exit Code:', '7'],
    ['Log:', host.file('shop', 'done.log')],
  ]);
});

test('info leaves out what a running build does not have, and says that a dead one is abandoned', async (t) => {
  await host.createApp('alive');
  const live = host.process();
  writeRecords(host, runningRecord('alive', 'live', 1, live.pid), runningRecord('alive', 'dead', 2, deadPid));
  const shown = async (id: string) =>
    Object.fromEntries(readInfo((await host.dokku(['builds:info', 'alive', id])).stdout));
  const running = await shown('live');
  t.is(running['Status:'], 'running');
  t.false('Finished:' in running || 'Exit Code:' in running);
  t.is((await shown('dead'))['Status:'], 'abandoned');
});

test('info in JSON is one object: the record, then how it shows', async (t) => {
  await host.createApp('json');
  const record = finishedRecord('json', 'done', 50, { started_at: '2026-04-30T13:50:00.25Z' });
  writeRecords(host, record);
  const { stdout } = await host.dokku(['builds:info', 'json', 'done', '--format=json']);
  const view = JSON.parse(stdout) as Record<string, unknown>;
  const stock = [
    ...Object.keys(JSON.parse(recordText(record)) as object),
    'display_status',
    'duration',
    'log_path',
    'duration_seconds',
    'actor',
  ];
  t.deepEqual(Object.keys(view).slice(0, stock.length), stock);
  t.like(view, {
    ...record,
    display_status: 'succeeded',
    duration: '1m14s',
    log_path: host.file('json', 'done.log'),
  });
  t.regex(stdout, /^\{[^\n]*\}\n$/);
});

test('info on a terminal has a header, unless it is to be quiet', async (t) => {
  await host.createApp('titled');
  writeRecords(host, finishedRecord('titled', 'done', 1));
  const onTerminal = (command: string) => host.run(['script', '-qec', command, '/dev/null']);
  t.regex((await onTerminal('dokku builds:info titled done')).stdout, /^=====> Build done\r\n {7}Build ID: /);
  t.regex((await onTerminal('dokku --quiet builds:info titled done')).stdout, /^ {7}Build ID: /);
  t.regex((await host.dokku(['builds:info', 'titled', 'done'])).stdout, /^ {7}Build ID: /);
});

test('info needs an id, and one that has a record', async (t) => {
  await host.createApp('lost');
  const [without, unknown] = await Promise.all([
    host.dokku(['builds:info', 'lost']),
    host.dokku(['builds:info', 'lost', 'nowhere']),
  ]);
  t.like(without, {
    code: 1,
    stdout: '',
    stderr: ' !     Please specify a build id\n !     The newest one is last; builds:list shows them all\n',
  });
  t.like(unknown, { code: 1, stdout: '', stderr: ' !     No build record found for lost/nowhere\n' });
});

const FLAGS = [
  'build-exit-code',
  'build-finished-at',
  'build-id',
  'build-kind',
  'build-pid',
  'build-source',
  'build-started-at',
  'build-status',
  'builds-computed-retention',
  'builds-global-retention',
  'builds-retention',
];

test('report shows the newest build and the retention, a flag a line, values in one column', async (t) => {
  await host.createApp('reported');
  await host.dokku(['builds:set', 'reported', 'retention', '7']);
  writeRecords(
    host,
    finishedRecord('reported', 'old', 1),
    finishedRecord('reported', 'new', 2, { exit_code: 3, status: 'failed' }),
  );
  const { code, stdout, stderr } = await host.dokku(['builds:report', 'reported']);
  t.deepEqual([code, stderr], [0, '']);
  const line = (label: string, value: string) => `       ${`${label}:`.padEnd(31)}${value}`.trimEnd();
  t.deepEqual(
    stdout.split('\n').map((one) => one.trimEnd()),
    [
      '=====> reported builds information',
      line('Build exit code', '3'),
      line('Build finished at', '2026-04-30T13:03:14Z'),
      line('Build id', 'new'),
      line('Build kind', 'build'),
      line('Build pid', '4242'),
      line('Build source', 'git-hook'),
      line('Build started at', '2026-04-30T13:02:00Z'),
      line('Build status', 'failed'),
      line('Builds computed retention', '7'),
      line('Builds global retention', ''),
      line('Builds retention', '7'),
      '',
    ],
  );
  t.notRegex((await host.dokku(['--quiet', 'builds:report', 'reported'])).stdout, /=====>/);
});

test('report with one flag prints the bare value, and the empty string where there is none', async (t) => {
  await host.createApp('bare');
  await host.createApp('none');
  writeRecords(host, finishedRecord('bare', 'done', 1), runningRecord('bare', 'dead', 2, deadPid));
  const value = async (app: string, flag: string) => (await host.dokku(['builds:report', app, flag])).stdout;
  t.is(await value('bare', '--build-id'), 'dead\n');
  t.is(await value('bare', '--build-status'), 'abandoned\n');
  t.is(await value('bare', '--build-exit-code'), '\n');
  t.is(await value('bare', '--builds-computed-retention'), '20\n');
  t.is(await value('none', '--build-id'), '\n');
});

test('report in JSON is one object of strings a line for each app', async (t) => {
  await host.createApp('lines');
  writeRecords(host, finishedRecord('lines', 'done', 1));
  const { stdout } = await host.dokku(['builds:report', 'lines', '--format', 'json']);
  t.regex(stdout, /^\{[^\n]*\}\n$/);
  const report = JSON.parse(stdout) as Record<string, string>;
  t.deepEqual(Object.keys(report).sort(), [...FLAGS, 'computed-retention', 'global-retention', 'retention'].sort());
  t.true(Object.values(report).every((value) => typeof value === 'string'));
  t.is(report['build-exit-code'], '0');
  t.is(report['computed-retention'], '20');
  t.is(report['builds-retention'], '');
});

test('report refuses a flag it does not know, and more than one', async (t) => {
  await host.createApp('flags');
  const [unknown, two] = await Promise.all([
    host.dokku(['builds:report', 'flags', '--build-color']),
    host.dokku(['builds:report', 'flags', '--build-id', '--build-kind']),
  ]);
  t.is(unknown.code, 1);
  t.is(unknown.stderr, ` !     Invalid flag passed, valid flags: ${FLAGS.map((flag) => `--${flag}`).join(', ')}\n`);
  t.like(two, { code: 1, stderr: ' !     builds:report command allows only a single flag\n' });
});

test('report --global tells the global retention alone, and a host without apps that nothing is deployed', async (t) => {
  const bare = await createSandbox();
  try {
    await bare.dokku(['builds:set', '--global', 'retention', '12']);
    const [text, flag, json, none] = await Promise.all([
      bare.dokku(['builds:report', '--global']),
      bare.dokku(['builds:report', '--global', '--builds-global-retention']),
      bare.dokku(['builds:report', '--global', '--format', 'json']),
      bare.dokku(['builds:report']),
    ]);
    t.regex(text.stdout, /^ {7}Builds global retention: +12$/m);
    t.notRegex(text.stdout, /Build id|computed/);
    t.is(flag.stdout, '12\n');
    t.is((JSON.parse(json.stdout) as Record<string, string>)['global-retention'], '12');
    t.regex(`${none.stdout}${none.stderr}`, /^ ! {5}You haven't deployed any applications yet$/m);
  } finally {
    await bare.remove();
  }
});

test('without an app the report is of every app', async (t) => {
  await Promise.all(['every-one', 'every-two'].map((app) => host.createApp(app)));
  const [text, json] = [await host.dokku(['builds:report']), await host.dokku(['builds:report', '--format', 'json'])];
  t.regex(text.stdout, /^=====> every-one builds information$/m);
  t.regex(text.stdout, /^=====> every-two builds information$/m);
  const reports = json.stdout.trimEnd().split('\n');
  t.true(reports.length >= 2);
  t.true(reports.every((line) => Object.keys(JSON.parse(line) as object).length === FLAGS.length + 3));
});
