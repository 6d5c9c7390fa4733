import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { detailsOf, usageOf } from '../../../commands/definition/usage';
import { loadCommands } from '../../../commands/programs';
import { finishedRecord, writeRecords } from '../expectedRecord';
import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { onTerminal } from './terminal';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
  await host.createApp('shop');
  writeRecords(host, finishedRecord('shop', 'mwqroekels4upi', 1));
});

test.after.always(() => host.remove());

test('builds:help explains each command: usage, description, each argument and flag, an example', async (t) => {
  for (const { name, command } of await loadCommands()) {
    if (command.programOnly) continue;
    const { code, stdout, stderr } = await host.dokku(['builds:help', name]);
    t.deepEqual([code, stderr], [0, ''], name);
    const lines = stdout.split('\n');
    t.deepEqual(lines.slice(0, 3), [
      `Usage: dokku builds:${name} ${usageOf(command, false)}`.trimEnd(),
      '',
      `${command.description}.`,
    ]);
    for (const [shown, help] of detailsOf(command, false)) {
      t.true(
        lines.some((line) => line.startsWith(`    ${shown} `) && line.endsWith(`  ${help}`)),
        `${name} ${shown}`,
      );
    }
    t.deepEqual(lines.slice(-3), ['Example:', `    dokku builds:${name} ${command.example}`.trimEnd(), '']);
  }
});

for (const columns of [40, 80, 120]) {
  test(`help fits a terminal of ${columns} columns, and says the same`, async (t) => {
    const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');
    for (const asked of [[], ['list'], ['set'], ['wait']]) {
      const { plain } = await onTerminal(host, columns, ['builds:help', ...asked]);
      const example = plain.indexOf('Example:') + 1; // to be copied in one piece
      for (const [n, line] of plain.entries())
        t.true(line.length <= columns || !line.trim().includes(' ') || n === example, `${asked.join()}: ${line}`);
      t.deepEqual(words(plain.join('\n')), words((await host.dokku(['builds:help', ...asked])).stdout));
    }
  });
}

test('messages on stderr are broken between words on a terminal, and are one line in a pipe', async (t) => {
  const typed = ['builds:list', 'shop', '--since', 'yesterday', '--format', 'json'];
  const { stderr } = await host.dokku(typed);
  t.regex(stderr, /^ ! {5}Invalid --since value "yesterday": must be a time [^\n]*\n$/);
  for (const columns of [40, 80, 120]) {
    const { plain } = await onTerminal(host, columns, typed);
    t.true(plain.length > 1);
    for (const line of plain) t.true(line.startsWith(' !     ') && line.length <= columns, line);
    t.is(plain.map((line) => line.slice(' !     '.length)).join(' '), stderr.slice(' !     '.length, -1));
  }
});

test('the program on the host explains its commands as they are typed there', async (t) => {
  for (const { name, command } of await loadCommands()) {
    const { code, stdout, stderr } = await host.program(['help', name]);
    t.deepEqual([code, stderr], [0, ''], name);
    t.is(stdout.split('\n')[0], `Usage: dokku-builds ${name} ${usageOf(command, true)}`.trimEnd());
    t.deepEqual(await host.program([name, '-h']), await host.program(['help', name]));
  }
});

test('the program takes a name as it is typed to dokku, and asks for help in each way', async (t) => {
  const ofWait = await host.program(['help', 'wait']);
  for (const typed of ['builds:help wait', '-h wait', 'wait shop --help'])
    t.deepEqual(await host.program(typed.split(' ')), ofWait, typed);
  const asTyped = { ...ofWait, stdout: ofWait.stdout.replaceAll('dokku-builds wait', 'dokku-builds builds:wait') };
  for (const typed of ['builds:wait -h', 'builds:wait shop --help', 'help builds:wait'])
    t.deepEqual(await host.program(typed.split(' ')), asTyped, typed);
  t.regex(
    (await host.program(['help', 'builds:nosuch'])).stderr,
    /^ ! {5}`builds:nosuch` is not a dokku-builds command/,
  );
  const ofAll = await host.program(['help']);
  for (const typed of ['builds -h', 'builds:help', '--help', 'help --help'])
    t.deepEqual(await host.program(typed.split(' ')), ofAll, typed);
});

test('builds:<command> --help and -h say the same, whatever stands beside it', async (t) => {
  for (const name of ['list', 'info', 'stats']) {
    const expected = await host.dokku(['builds:help', name]);
    for (const flag of ['--help', '-h']) {
      t.deepEqual(await host.dokku([`builds:${name}`, flag]), expected);
      t.deepEqual(await host.dokku([`builds:${name}`, 'nowhere', flag, '--nonsense']), expected);
    }
    t.deepEqual(await host.dokku(['builds:help', `builds:${name}`]), expected);
  }
});

test('--help behind -- is for the command that is captured', async (t) => {
  const { stdout } = await host.program(['capture', 'shop', '--', 'printf', '%s\\n', '--help']);
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

test('what is not a command of the plugin and near none is left to others, without a word', async (t) => {
  const program = join(host.paths.plugins, 'enabled', 'builds', 'commands');
  for (const name of ['builds:frobnicate', 'builds:', 'build:list', 'apps:lst', 'lst', 'list', '']) {
    const { code, stdout, stderr } = await host.run([program, name]);
    t.deepEqual([code, stdout, stderr], [10, '', ''], name);
  }
});

test('help about the help itself, or about the version, is the whole help', async (t) => {
  const { stdout } = await host.program(['help']);
  for (const words of ['help', 'version', '--help']) t.is((await host.program(['help', words])).stdout, stdout, words);
  t.regex((await host.program(['help', 'help', 'list'])).stdout, /^Usage: dokku-builds list /);
});

test('without Dokku a mistyped command is told what may have been meant, too', async (t) => {
  const { code, stderr } = await host.program(['lst']);
  t.deepEqual([code, stderr], [1, ' !     `lst` is not a dokku-builds command, did you mean list?\n']);
  t.regex((await host.program(['frobnicate'])).stderr, /`frobnicate` is not .*, see dokku-builds help\n$/);
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

test('the program says its version', async (t) => {
  const { version } = JSON.parse(readFileSync(join(__dirname, '..', '..', '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  t.deepEqual(await host.program(['--version']), {
    code: 0,
    signal: null,
    stdout: `dokku-builds ${version}\n`,
    stderr: '',
  });
});
