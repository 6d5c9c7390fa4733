import test from 'ava';

import { deadPid, finishedRecord, runningRecord, table, writeRecords } from '../expectedRecord';
import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { onTerminal } from './terminal';

let host: Sandbox;
let livePid: number;

test.before(async () => {
  host = await createSandbox();
  await host.createApp('shop');
  livePid = host.process().pid;
  writeRecords(
    host,
    finishedRecord('shop', 'well', 1),
    finishedRecord('shop', 'badly', 2, { status: 'failed', exit_code: 1, source: 'git:from-archive' }),
    finishedRecord('shop', 'stopped', 3, { status: 'canceled', exit_code: -1 }),
    runningRecord('shop', 'going', 4, livePid),
    runningRecord('shop', 'gone', 5, deadPid),
  );
  host.write(host.file('shop', 'badly.log'), '-----> Building\nerror TS2304: no such name\n !     App build failed\n');
});

test.after.always(() => host.remove());

const INK = { running: 36, succeeded: 32, failed: 31, canceled: 33, abandoned: 35 };

test('each status has a colour of its own on a terminal, in the list and in the info', async (t) => {
  const { code, lines } = await onTerminal(host, 120, ['builds:list', 'shop']);
  t.is(code, 0);
  t.is(lines[0], '=====> shop builds');
  const text = lines.join('\n');
  for (const [status, colour] of Object.entries(INK))
    t.true(text.includes(`\u001b[${colour}m${status}\u001b[0m`), status);
  const info = await onTerminal(host, 120, ['builds:info', 'shop', 'badly']);
  t.true(info.lines.includes('       Status:      \u001b[31mfailed\u001b[0m'));
});

test('NO_COLOR, TERM=dumb and --no-color each leave the text and take the colours', async (t) => {
  for (const args of [
    ['builds:list', 'shop', '--status', 'failed'],
    ['builds:info', 'shop', 'badly'],
  ]) {
    const { lines, plain } = await onTerminal(host, 120, args);
    t.notDeepEqual(lines, plain);
    t.deepEqual((await onTerminal(host, 120, args, { NO_COLOR: '1' })).lines, plain, 'NO_COLOR');
    t.deepEqual((await onTerminal(host, 120, args, { TERM: 'dumb' })).lines, plain, 'TERM=dumb');
    t.deepEqual((await onTerminal(host, 120, [...args, '--no-color'])).lines, plain, '--no-color');
    t.deepEqual((await onTerminal(host, 120, args, { NO_COLOR: '' })).lines, lines, 'an empty NO_COLOR says nothing');
  }
});

test('no line is wider than the terminal, and ids and statuses are whole as long as there is room', async (t) => {
  for (const columns of [120, 100, 80, 60, 40, 24]) {
    for (const args of [
      ['builds:list', 'shop'],
      ['builds:list', 'shop', '--all'],
      ['builds:list'],
      ['builds:list', '--recent'],
      ['builds:list', 'shop', '--wide'],
    ]) {
      const { plain } = await onTerminal(host, columns, args);
      for (const line of plain) t.true(Array.from(line).length <= columns, `${columns}: ${line}`);
    }
    if (columns < 40) continue;
    const { plain } = await onTerminal(host, columns, ['builds:list', 'shop']);
    t.regex(plain.join('\n'), /^stopped .*canceled/m, `${columns}`);
  }
});

test('figures and their title are broken between words on a terminal', async (t) => {
  const { plain } = await onTerminal(host, 40, ['builds:stats', 'shop']);
  t.deepEqual(plain.slice(0, 2), ['=====> shop builds since', '       2026-04-30T13:01:00Z']);
  const at = plain.findIndex((line) => line.includes('Last Success:'));
  t.regex(plain.slice(at).join('\n'), /^ {7}Last Success:\n {13}\d+\w ago\n {13}\(2026-04-30T13:02:14Z\)\n/);
});

test('a step is broken between words on a terminal', async (t) => {
  const { plain } = await onTerminal(host, 40, ['builds:wait', 'shop', 'badly']);
  t.deepEqual(plain, ['-----> Build badly failed after 1m14s', '       (exit code 1)']);
});

test('a filter that no running build matches is kept in the hint at the latest builds', async (t) => {
  const { plain } = await onTerminal(host, 80, ['builds:list', '--kind', 'deploy']);
  t.deepEqual(plain, ['No builds match', '       The latest builds: builds:list --recent --kind deploy']);
});

test('releases fit as well, but for the command to go back, which is to be copied in one piece', async (t) => {
  await host.createApp('released');
  writeRecords(host, finishedRecord('released', 'first', 1), finishedRecord('released', 'second', 2));
  for (const columns of [120, 80, 40]) {
    const { plain } = await onTerminal(host, columns, ['builds:releases', 'released']);
    for (const line of plain.slice(0, -1)) t.true(line.length <= columns, `${columns}: ${line}`);
    t.regex(plain.at(-1) ?? '', /^ {9}git push --force dokku COMMIT:main$/);
  }
});

test('of the only release no command to go back to another one is shown', async (t) => {
  t.is((await onTerminal(host, 80, ['builds:releases', 'shop'])).plain.length, 3);
});

test('on a terminal of 80 columns releases say who and from where, and how long ago and how long they were live', async (t) => {
  const { plain } = await onTerminal(host, 80, ['builds:releases', 'shop']);
  t.regex(plain[1] ?? '', /^Release +Build ID +Commit +Source +Who +Released +Live$/);
  t.regex(plain[2] ?? '', /^v1 +well +git-hook +\d+[dwy] ago +\d+[dwy] \(current\)$/);
});

test('on a terminal the info of a failed build says why it failed; in a pipe it is as the contract has it', async (t) => {
  const { plain } = await onTerminal(host, 80, ['builds:info', 'shop', 'badly']);
  const at = plain.findIndex((line) => line.includes('Exit Code:'));
  t.deepEqual(plain.slice(at, at + 2), ['       Exit Code:   1', '       Error:       error TS2304: no such name']);
  t.notRegex((await host.dokku(['builds:info', 'shop', 'badly'])).stdout, /Error:/);
});

test('a detail that is too long is broken between words; a path stays in one piece, to be copied', async (t) => {
  await host.createApp('long');
  writeRecords(host, finishedRecord('long', 'badly', 2, { status: 'failed', exit_code: 1 }));
  host.write(host.file('long', 'badly.log'), 'error: the first cause and the second one\n');
  const { plain } = await onTerminal(host, 40, ['builds:info', 'long', 'badly']);
  const at = plain.findIndex((line) => line.includes('Error:'));
  t.deepEqual(plain.slice(at, at + 5), [
    '       Error:',
    '             error: the first cause and',
    '             the second one',
    '       Log:',
    `             ${host.file('long', 'badly.log')}`,
  ]);
});

test('COLUMNS wins over what the terminal says of its width', async (t) => {
  const { plain } = await onTerminal(host, 120, ['builds:list', 'shop'], { COLUMNS: '40' });
  for (const line of plain) t.true(Array.from(line).length <= 40, line);
});

test('where the locale is not UTF-8, what is cut is marked in ASCII', async (t) => {
  const { plain } = await onTerminal(host, 56, ['builds:list', 'shop'], { LC_ALL: 'C' });
  t.regex(plain.join('\n'), / git:from[a-z-]*~$/m, 'how much is left depends on the widths of ages and durations');
});

test('--relative gives ages instead of times, on a terminal and in a pipe', async (t) => {
  const { plain } = await onTerminal(host, 120, ['builds:list', 'shop', '--relative']);
  t.regex(plain.join('\n'), /^well +succeeded +\d+[smhdwy] ago +1m14s +git-hook$/m);
  const { stdout } = await host.dokku(['builds:list', 'shop', '--relative', '--status', 'succeeded']);
  t.regex(stdout, /^well +build +succeeded +4242 +git-hook +\d+[smhdwy] ago +1m14s$/m);
  const info = (await host.dokku(['builds:info', 'shop', 'well', '--relative'])).stdout;
  t.regex(info, /^ {7}Started: {5}\d+[smhdwy] ago$/m);
  t.regex(info, /^ {7}Finished: {4}\d+[smhdwy] ago$/m);
  const then = (await host.dokku(['builds:info', 'shop', 'well', '--relative', '--as-of', '2026-04-30T13:06:00Z']))
    .stdout;
  t.regex(then, /^ {7}Started: {5}5m ago$/m, 'ages are counted to the time that is looked at');
  const json = await host.dokku(['builds:list', 'shop', '--relative', '--status', 'succeeded', '--format', 'json']);
  t.is(json.stdout, (await host.dokku(['builds:list', 'shop', '--status', 'succeeded', '--format', 'json'])).stdout);
});

test('piped output has the bytes of the contract, whatever the environment says of a terminal', async (t) => {
  const env = { COLUMNS: '40', TERM: 'xterm', FORCE_COLOR: '1', CLICOLOR_FORCE: '1' };
  const list = await host.dokku(['builds:list', 'shop', '--kind', 'build', '--status', 'failed'], { env });
  const columns = ['Build ID', 'Kind', 'Status', 'PID', 'Source', 'Started', 'Duration'];
  const row = ['badly', 'build', 'failed', 4242, 'git:from-archive', '2026-04-30T13:02:00Z', '1m14s'];
  t.is(list.stdout, table(columns, row));
  const info = await host.dokku(['builds:info', 'shop', 'badly', '--no-color'], { env });
  t.is(
    info.stdout,
    [
      '       Build ID:    badly',
      '       App:         shop',
      '       Kind:        build',
      '       Status:      failed',
      '       PID:         4242',
      '       Source:      git:from-archive',
      '       Started:     2026-04-30T13:02:00Z',
      '       Finished:    2026-04-30T13:03:14Z',
      '       Duration:    1m14s',
      '       Exit Code:   1',
      `       Log:         ${host.file('shop', 'badly.log')}`,
      '       Adopted:     from a record that something else wrote',
      '',
    ].join('\n'),
  );
  const running = await host.dokku(['builds:list'], { env });
  t.is(
    running.stdout,
    table(
      ['App', 'Build ID', 'Kind', 'PID', 'Source', 'Started'],
      ['shop', 'going', 'build', livePid, 'git-hook', '2026-04-30T13:04:00Z'],
    ),
  );
});

test('what a record holds cannot reach the terminal as an escape', async (t) => {
  await host.createApp('evil');
  writeRecords(host, finishedRecord('evil', 'b1', 1, { source: '\\u001b[31mred' }));
  for (const args of [
    ['builds:list', 'evil'],
    ['builds:info', 'evil', 'b1'],
    ['builds:stats', 'evil'],
  ]) {
    const { lines } = await onTerminal(host, 200, args, { NO_COLOR: '1' });
    t.false(lines.join('\n').includes('\u001b'), args[0]);
    t.true(lines.join('\n').includes('\\x1b[31mred'), args[0]);
  }
});
