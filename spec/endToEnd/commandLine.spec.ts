import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, type Sandbox } from '../../scripts/sandbox/host';
import { finishedRecord, writeRecords } from './expectedRecord';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
  await host.createApp('shop');
  writeRecords(
    host,
    finishedRecord('shop', 'built', 1),
    finishedRecord('shop', 'deployed', 2, { kind: 'deploy', source: 'ps:restart' }),
  );
  await host.trigger('install', []); // adopts them
});

test.after.always(() => host.remove());

/** Each command with what it needs beside the app, which stands where APP is. */
const commands: readonly (readonly string[])[] = [
  ['builds:list', 'APP'],
  ['builds:info', 'APP', 'built'],
  ['builds:output', 'APP', 'built'],
  ['builds:cancel', 'APP'],
  ['builds:prune', 'APP'],
  ['builds:set', 'APP', 'retention', '5'],
  ['builds:report', 'APP'],
];

test('every command ends with 20 for an app that does not exist', async (t) => {
  for (const command of commands) {
    const { code, stdout, stderr } = await host.dokku(command.map((word) => (word === 'APP' ? 'nowhere' : word)));
    t.deepEqual([code, stdout, stderr], [20, '', ' !     App nowhere does not exist\n'], command.join(' '));
  }
});

test('every command that needs an app says so when it gets none', async (t) => {
  for (const command of ['builds:info', 'builds:output', 'builds:cancel', 'builds:prune']) {
    const { code, stdout, stderr } = await host.dokku([command]);
    const expected = [1, '', ' !     Please specify an app to run the command on\n'];
    t.deepEqual([code, stdout, stderr], expected, command);
    const empty = await host.dokku([command, '']);
    t.deepEqual([empty.code, empty.stdout, empty.stderr], expected, `${command} with an empty name`);
  }
});

test('an unknown flag is named, and arguments that a stock command does not take are ignored', async (t) => {
  for (const command of commands) {
    const [name = '', ...rest] = command.map((word) => (word === 'APP' ? 'shop' : word));
    const unknown = await host.dokku([name, '--colour', ...rest]);
    t.is(unknown.code, 1, name);
    if (name === 'builds:report')
      t.regex(unknown.stderr, /^ ! {5}Invalid flag passed, valid flags: --build-exit-code, /);
    else t.regex(unknown.stderr, /--colour/, name);
    t.is(unknown.stdout, '');
    const expected = await host.dokku([name, ...rest]);
    const surplus = await host.dokku([name, ...rest, 'surplus']);
    t.deepEqual(surplus, { ...expected, stderr: ` !     Unexpected argument "surplus", ignored\n` }, name);
  }
});

test('a command that the stock plugin does not have refuses arguments that it does not take', async (t) => {
  for (const name of ['events', 'verify', 'replay', 'stats', 'page', 'notify', 'watch']) {
    const { code, stdout, stderr } = await host.dokku([`builds:${name}`, 'shop', 'surplus']);
    t.deepEqual([code, stdout, stderr], [1, '', ' !     Unexpected argument "surplus"\n'], name);
  }
});

test('commands that run a program or write to a path of the caller exist only on the host, not through dokku', async (t) => {
  const victim = join(host.paths.tmp, 'victim');
  host.write(victim, 'precious');
  for (const args of [['--out', victim], [`--out=${victim}`], ['--out', '-']]) {
    const { code, stdout, stderr } = await host.dokku(['builds:page', 'shop', ...args]);
    const expected = 'builds:page --out is only for the program on the host itself: dokku-builds page --out';
    t.deepEqual([code, stdout, stderr], [1, '', ` !     ${expected}\n`]);
  }
  t.is(readFileSync(victim, 'utf8'), 'precious');
  const capture = await host.dokku(['builds:capture', 'shop', '--', 'touch', join(host.paths.tmp, 'touched')]);
  const expected = 'builds:capture is only for the program on the host itself: dokku-builds capture';
  t.deepEqual([capture.code, capture.stdout, capture.stderr], [1, '', ` !     ${expected}\n`]);
  t.false(existsSync(join(host.paths.tmp, 'touched')));
  t.false(existsSync(join(host.paths.plugins, 'enabled', 'builds', 'subcommands', 'capture')));
  for (const text of [(await host.dokku(['builds:help'])).stdout, (await host.dokku(['builds:help', 'page'])).stdout]) {
    t.notRegex(text, /capture|--out/);
  }
});

test('flags stand before or after the app, with a blank or an equals sign', async (t) => {
  const expected = (await host.dokku(['builds:list', 'shop', '--kind', 'build', '--format', 'json'])).stdout;
  t.regex(expected, /"id":"built"/);
  t.notRegex(expected, /"id":"deployed"/);
  for (const args of [
    ['shop', '--kind=build', '--format=json'],
    ['--kind', 'build', '--format', 'json', 'shop'],
    ['--kind=build', 'shop', '--format', 'json'],
    ['--format=json', '--kind=build', '--', 'shop'],
  ]) {
    t.is((await host.dokku(['builds:list', ...args])).stdout, expected, args.join(' '));
  }
});

test('words after -- are no flags', async (t) => {
  const { code, stderr } = await host.dokku(['builds:list', '--', '--kind']);
  t.deepEqual([code, stderr], [20, ' !     App --kind does not exist\n']);
});

test('a flag without its value is refused', async (t) => {
  for (const args of [['--kind'], ['shop', '--format'], ['--kind', '--format', 'json']]) {
    const { code, stdout, stderr } = await host.dokku(['builds:list', ...args]);
    t.deepEqual([code, stdout], [1, ''], args.join(' '));
    t.regex(stderr, /^ ! {5}.*(--kind|--format)/);
  }
});

test('dokku --app names the app for every command', async (t) => {
  for (const command of commands.filter(([name]) => name !== 'builds:cancel')) {
    const [name = '', ...rest] = command;
    const named = await host.dokku([name, ...rest.map((word) => (word === 'APP' ? 'shop' : word))]);
    const byFlag = await host.dokku(['--app', 'shop', name, ...rest.filter((word) => word !== 'APP')]);
    t.is(byFlag.code, 0, `${name}: ${byFlag.stderr}`);
    t.is(byFlag.stdout, named.stdout, name);
  }
  t.is((await host.dokku(['--app', 'nowhere', 'builds:list'])).code, 20);
  t.like(await host.dokku(['--app', 'shop', 'builds:cancel']), { stdout: '-----> App not currently deploying\n' });
});

const NAMES = ['list', 'info', 'output', 'cancel', 'prune', 'set', 'report'];

test('dokku builds and builds:help show every command', async (t) => {
  for (const command of ['builds', 'builds:help']) {
    const { code, stdout, stderr } = await host.dokku([command]);
    t.deepEqual([code, stderr], [0, '']);
    for (const name of NAMES) t.regex(stdout, new RegExp(`^ +builds:${name} `, 'm'), command);
  }
});

test('dokku help names the plugin, and help --all each command in two columns', async (t) => {
  const program = join(host.paths.plugins, 'enabled', 'builds', 'commands');
  const { stdout } = await host.run([program, 'help']);
  t.is(stdout, '\n    builds, Manage running and historical builds\n');

  const all = (await host.run(['bash', '-c', '"$0" help; true', program, '--all'])).stdout;
  const lines = all.trim().split('\n');
  for (const name of NAMES)
    t.true(
      lines.some((line) => line.trim().startsWith(`builds:${name} `)),
      name,
    );
  for (const line of all.split('\n').filter((one) => one.trim() !== ''))
    t.regex(line, /^ {4}builds:[a-z]+( [^,]+)?, [^,]+$/);

  t.regex((await host.dokku(['help'])).stdout, /^ {4}builds +Manage running and historical builds$/m);
  t.regex((await host.dokku(['help', '--all'])).stdout, /^ {4}builds:list .* {2,}\S/m);
});

test('the plugin leaves other commands to other plugins', async (t) => {
  const program = join(host.paths.plugins, 'enabled', 'builds', 'commands');
  for (const name of ['apps:list', 'build', 'builds-x', '', 'ps']) {
    const { code, stdout, stderr } = await host.run([program, name]);
    t.deepEqual([code, stdout, stderr], [10, '', ''], name);
  }
  for (const [status, code] of [
    ['42', 42],
    ...['256', '1e300', 'Infinity', '-1', '1.5', '0'].map((none) => [none, 10] as const), // no status of a failure
  ] as const) {
    const result = await host.run([program, 'nothing'], { env: { DOKKU_NOT_IMPLEMENTED_EXIT: status } });
    t.deepEqual([result.code, result.stderr], [code, ''], status);
  }
  t.like(await host.dokku(['builds:frobnicate']), {
    code: 1,
    stderr:
      ' !     `builds:frobnicate` is not a dokku command.\n !     See `dokku help` for a list of available commands.\n',
  });
});

test('the plugin runs from a link as from a copy, and its program without Dokku', async (t) => {
  const linked = await createSandbox({ tracking: 'link' });
  try {
    await linked.createApp('shop');
    writeRecords(linked, finishedRecord('shop', 'built', 1));
    const byDokku = await linked.dokku(['builds:list', 'shop']);
    t.regex(byDokku.stdout, /^built /m);
    const program = join(linked.paths.plugins, 'enabled', 'builds', 'bin', 'dokku-builds');
    for (const args of [
      ['list', 'shop'],
      ['builds:list', 'shop'],
    ]) {
      t.deepEqual(await linked.run([program, ...args]), byDokku);
    }
  } finally {
    await linked.remove();
  }
});
