import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';

import type { Command, Via } from '../../../commands/definition/command';
import type { Host } from '../../../host/dokku/environment';
import { Failure } from '../../../host/failure';
import { addTrigger, createApp, temporaryHost } from '../../temporaryHost';
import { execute, inspect, NOW, parsed, survey, sweep } from './someCommand';
import { anyText } from '../../anyText';

function hostWithShop(t: ExecutionContext, env: NodeJS.ProcessEnv = {}): Host {
  const host = temporaryHost(t, env);
  createApp(host, 'shop');
  createApp(host, 'blog');
  return host;
}

function refused(host: Host, command: Command, words: readonly string[], via: Via = 'plugin'): string {
  try {
    parsed(host, command, words, via);
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
  return 'accepted';
}

test('run gets each argument and flag as a value of its own type', (t) => {
  const { args, flags } = parsed(hostWithShop(t), inspect, [
    ...['shop', '--kind', 'deploy', 'b1', '--dry-run', '--format=json', '--as-of', '2h'],
  ]);
  t.deepEqual(args, { app: 'shop', build: 'b1' });
  t.deepEqual(flags, { format: 'json', kind: 'deploy', asOf: NOW - 7_200_000, dryRun: true, out: undefined });
});

test('flags that are not given have their defaults', (t) => {
  const { flags } = parsed(hostWithShop(t), inspect, ['shop', 'b1']);
  t.deepEqual(flags, { format: 'stdout', kind: undefined, asOf: undefined, dryRun: false, out: undefined });
});

test('bad values are refused in the words of the contract', (t) => {
  const host = hostWithShop(t);
  t.is(
    refused(host, inspect, ['shop', 'b1', '--format', 'yaml']),
    'Invalid format specified, supported formats: json, stdout',
  );
  t.is(refused(host, inspect, ['shop', 'b1', '--kind', 'x']), 'Invalid --kind value "x" (allowed: build, deploy)');
  t.regex(refused(host, inspect, ['shop', 'b1', '--as-of', 'noon']), /^Invalid --as-of value "noon": must be a time/);
  t.is(refused(host, inspect, ['shop', '../x']), 'Invalid build id "../x" (letters, digits, - and _ only)');
});

test('an empty choice filters nothing where the contract says so', (t) => {
  const { flags } = parsed(hostWithShop(t), inspect, ['shop', 'b1', '--kind', '']);
  t.is(flags['kind'], undefined);
});

test('an app that is missing, unknown or not for the caller is refused', (t) => {
  const host = hostWithShop(t);
  t.is(refused(host, inspect, []), 'Please specify an app to run the command on');
  t.is(refused(host, inspect, ['']), 'Please specify an app to run the command on');
  t.is(refused(host, inspect, ['nowhere', 'b1']), 'App nowhere does not exist');
  t.is(refused(host, survey, ['nowhere']), 'App nowhere does not exist');
  addTrigger(host, 'acl', 'user-auth-app', 'echo blog');
  t.is(refused(host, inspect, ['shop', 'b1']), 'App shop does not exist');
});

test('a build that is missing is refused', (t) => {
  t.is(
    refused(hostWithShop(t), inspect, ['shop']),
    'Please specify a build id\nThe newest one is last; builds:list shows them all',
  );
});

test('dokku --app names the app, whether or not dokku repeats it as the first word', (t) => {
  const host = hostWithShop(t, { DOKKU_APP_NAME: 'shop' });
  for (const words of [['b1'], ['shop', 'b1']]) {
    t.deepEqual(parsed(host, inspect, words).args, { app: 'shop', build: 'b1' });
  }
  t.deepEqual(parsed(host, survey, []).args, { app: 'shop' });
});

test('an optional app may be missing', (t) => {
  t.deepEqual(parsed(hostWithShop(t), survey, []).args, { app: undefined });
});

test('a switch stands in place of an app, also beside dokku --app', (t) => {
  t.deepEqual(parsed(hostWithShop(t), sweep, ['--all-apps']).args, { app: undefined });
  t.deepEqual(parsed(hostWithShop(t, { DOKKU_APP_NAME: 'shop' }), sweep, ['--all-apps']).args, { app: undefined });
  t.is(refused(hostWithShop(t), sweep, []), 'Please specify an app to run the command on');
});

test('a stock command passes over surplus arguments with a warning, another one refuses them', (t) => {
  const host = hostWithShop(t);
  const { args, warnings } = parsed(host, sweep, ['shop', 'more', 'most']);
  t.deepEqual(args, { app: 'shop' });
  t.deepEqual(warnings, ['Unexpected argument "more", ignored', 'Unexpected argument "most", ignored']);
  t.deepEqual(parsed(host, sweep, ['--all-apps', 'shop']).warnings, ['Unexpected argument "shop", ignored']);
  t.is(refused(host, survey, ['shop', 'more']), 'Unexpected argument "more"');
});

test('what names a file is not a flag of the plugin, only of the program on the host', (t) => {
  const host = hostWithShop(t);
  const words = ['shop', 'b1', '--out', 'page.html'];
  t.is(
    refused(host, inspect, words),
    'builds:inspect --out is only for the program on the host itself: dokku-builds inspect --out',
  );
  t.is(refused(host, inspect, ['shop', 'b1', '--out=x']), refused(host, inspect, words));
  t.is(parsed(host, inspect, words, 'program').flags['out'], 'page.html');
  t.regex(refused(host, inspect, ['shop', '--ot', 'x']), /valid flags: --as-of, --dry-run, --format, --kind\)$/);
  t.regex(refused(host, inspect, ['--ot', 'x'], 'program'), /--kind, --out\)$/);
});

test('a command may have a message of its own for an unknown flag, and keeps what was mistyped', (t) => {
  const strict = { ...sweep, unknownFlag: (words: readonly string[]) => `Invalid, of ${String(words.length)} words` };
  const error = t.throws(() => parsed(hostWithShop(t), strict, ['shop', '--all-aps']), { instanceOf: Failure });
  t.is(error.message, 'Invalid, of 2 words');
  t.deepEqual(error.mistyped, { given: '--all-aps', known: ['--all-apps'] });
});

test('words behind -- are one argument as they are, where a command takes them', (t) => {
  const host = hostWithShop(t);
  t.deepEqual(parsed(host, execute, ['shop', '--', 'make', '--quiet', '--', '-v'], 'program').args, {
    app: 'shop',
    command: ['make', '--quiet', '--', '-v'],
  });
  t.deepEqual(parsed(host, execute, ['shop'], 'program').args, { app: 'shop', command: [] });
  t.is(refused(host, execute, ['shop', 'x', '--', 'make'], 'program'), 'Unexpected argument "x"');
});

const anyWord = fc.oneof(
  anyText({ maxLength: 12 }),
  fc.constantFrom('', 'shop', 'b1', 'last', '--', '-', '--format', '--format=json', '--kind', '--dry-run', '--as-of'),
  fc.constantFrom('-h', '--all-apps', '--out', '--out=x', '--format=', '--=x', '---', '-x', '--kind=deploy', '../x'),
);

test('any words are taken, or refused in a printable message with an exit status', (t) => {
  const host = hostWithShop(t);
  const via = fc.constantFrom<Via>('plugin', 'program');
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.constantFrom(inspect, sweep, survey, execute), fc.array(anyWord), via, (command, words, by) => {
        try {
          parsed(host, command, words, by);
          return true;
        } catch (error) {
          const isPrintable = error instanceof Failure && !/[^\P{Cc}\n]/u.test(error.message);
          return isPrintable && error.exitCode > 0 && error.message.split('\n').length <= 2;
        }
      }),
      { numRuns: process.env['SOAK'] === '1' ? 50_000 : 1_000 },
    ),
  );
});
