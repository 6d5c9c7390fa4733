import { join } from 'node:path';

import test from 'ava';

import { commandTable } from '../../../commands/commandTable';
import { finishedRecord, writeRecords } from '../expectedRecord';
import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
  await host.createApp('shop');
  writeRecords(host, finishedRecord('shop', 'mwqroekels4upi', 1));
});

test.after.always(() => host.remove());

test('builds:help explains each command: usage, description, each flag, an example', async (t) => {
  for (const { name, args, description, flags, example } of commandTable) {
    const { code, stdout, stderr } = await host.dokku(['builds:help', name]);
    t.deepEqual([code, stderr], [0, ''], name);
    const lines = stdout.split('\n');
    t.deepEqual(lines.slice(0, 3), [`Usage: dokku builds:${name} ${args}`, '', `${description}.`]);
    for (const [flag, says] of Object.entries(flags)) {
      t.true(
        lines.some((line) => line.startsWith(`    ${flag} `) && line.endsWith(`  ${says}`)),
        `${name} ${flag}`,
      );
    }
    t.deepEqual(lines.slice(-3), ['Example:', `    dokku builds:${name} ${example}`, '']);
  }
});

test('every flag of a usage is explained, and none that is not in it', (t) => {
  for (const { name, args, flags } of commandTable) {
    const flagsIn = (text: string): string[] => [...new Set(text.match(/--[a-z-]+/g) ?? [])].sort();
    t.deepEqual(flagsIn(Object.keys(flags).join(' ')), flagsIn(args), name);
  }
});

test('every flag that is explained is one that the command knows', async (t) => {
  for (const { name, flags } of commandTable) {
    const known = (await host.dokku([`builds:${name}`, '--no-such-flag'])).stderr;
    if (name === 'report') continue; // names its own, by contract
    for (const flag of Object.keys(flags)
      .join(' ')
      .match(/--[a-z-]+/g) ?? [])
      t.true(known.includes(flag), `${name} ${flag}`);
  }
});

test('builds:<command> --help says the same, whatever stands beside it', async (t) => {
  for (const name of ['list', 'info', 'capture', 'stats']) {
    const expected = await host.dokku(['builds:help', name]);
    t.deepEqual(await host.dokku([`builds:${name}`, '--help']), expected);
    t.deepEqual(await host.dokku([`builds:${name}`, 'nowhere', '--help', '--nonsense']), expected);
    t.deepEqual(await host.dokku(['builds:help', `builds:${name}`]), expected);
  }
});

test('--help behind -- is for the command that is captured', async (t) => {
  const { stdout } = await host.dokku(['builds:capture', 'shop', '--', 'printf', '%s\\n', '--help']);
  t.regex(stdout, /^--help$/m);
});

test('builds:help leads to the help of each command', async (t) => {
  const { stdout } = await host.dokku(['builds:help']);
  t.regex(stdout, /dokku builds:help <command>\n$/);
});

test('a mistyped command is told what may have been meant', async (t) => {
  const program = join(host.paths.plugins, 'enabled', 'builds', 'commands');
  for (const [typed, meant] of [
    ['builds:lst', 'builds:list'],
    ['builds:ls', 'builds:list'],
    ['builds:cancle', 'builds:cancel'],
    ['builds:out', 'builds:output'],
    ['builds:hlep', 'builds:help'],
  ] as const) {
    const expected = [1, '', ` !     \`${typed}\` is not a builds command, did you mean ${meant}?\n`];
    for (const result of [await host.run([program, typed, 'shop']), await host.dokku([typed])])
      t.deepEqual([result.code, result.stdout, result.stderr], expected);
  }
  const help = await host.dokku(['builds:help', 'lst']);
  t.deepEqual(
    [help.code, help.stdout, help.stderr],
    [1, '', ' !     `builds:lst` is not a builds command, did you mean builds:list?\n'],
  );
  t.regex((await host.dokku(['builds:help', 'frobnicate'])).stderr, /`builds:frobnicate` .*, see builds:help\n$/);
});

test('what is no command of the plugin and near none is left to others, without a word', async (t) => {
  const program = join(host.paths.plugins, 'enabled', 'builds', 'commands');
  for (const name of ['builds:frobnicate', 'builds:', 'build:list', 'apps:lst', 'lst', 'list', '']) {
    const { code, stdout, stderr } = await host.run([program, name]);
    t.deepEqual([code, stdout, stderr], [10, '', ''], name);
  }
});

test('without Dokku a mistyped command is told what may have been meant, too', async (t) => {
  const program = join(host.paths.plugins, 'enabled', 'builds', 'bin', 'dokku-builds');
  const { code, stderr } = await host.run([program, 'lst']);
  t.is(code, 1);
  t.regex(stderr, /^ ! {5}`builds:lst` is not a dokku-builds command.*\n ! {5}Did you mean builds:list\?\n$/);
  t.regex((await host.run([program, 'help', 'list'])).stdout, /^Usage: dokku builds:list /);
});

test('a mistyped flag is told what may have been meant, behind the message that the contract words', async (t) => {
  const list = await host.dokku(['builds:list', 'shop', '--formt', 'json']);
  t.deepEqual([list.code, list.stdout], [1, '']);
  t.regex(list.stderr, /^ ! {5}Unknown flag "--formt" \(valid flags: [^\n]*\n ! {5}Did you mean --format\?\n$/);
  const report = await host.dokku(['builds:report', 'shop', '--build-statsu']);
  t.is(report.code, 1);
  t.regex(
    report.stderr,
    /^ ! {5}Invalid flag passed, valid flags: --build-exit-code, [^\n]*\n ! {5}Did you mean --build-status\?\n$/,
  );
  const far = await host.dokku(['builds:list', '--frobnicate']);
  t.is(far.stderr.split('\n').length, 2, 'nothing is guessed that is not near');
});

test('a mistyped build id is told what may have been meant, behind the message that the contract words', async (t) => {
  for (const command of ['builds:info', 'builds:output']) {
    const { code, stdout, stderr } = await host.dokku([command, 'shop', 'mwqroekles4upi']);
    t.deepEqual([code, stdout], [1, '']);
    t.is(stderr, ' !     No build record found for shop/mwqroekles4upi\n !     Did you mean mwqroekels4upi?\n');
  }
  t.regex((await host.dokku(['builds:info', 'shop', 'lats'])).stderr, /\n ! {5}Did you mean last\?\n$/);
  t.is(
    (await host.dokku(['builds:info', 'shop', 'nothing'])).stderr,
    ' !     No build record found for shop/nothing\n',
  );
  const events = await host.dokku(['builds:events', 'shop', '--build', 'mwqroekles4upi']);
  t.like(events, { code: 0, stdout: 'No events recorded\n' });
  t.is(events.stderr, ' !     No build mwqroekles4upi is known. Did you mean mwqroekels4upi?\n');
});
