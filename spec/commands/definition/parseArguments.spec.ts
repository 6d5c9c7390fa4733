import test from 'ava';

import { parseArguments } from '../../../commands/definition/parseArguments';
import { Failure } from '../../../host/failure';

const flags = { kind: 'value', format: 'value', parallel: 'value', 'all-apps': 'switch' } as const;

function refused(args: string[]): string {
  try {
    parseArguments(args, flags);
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
  return 'accepted';
}

test('a value may follow its flag, or an equals sign', (t) => {
  t.deepEqual({ ...parseArguments(['--kind', 'build'], flags).values }, { kind: 'build' });
  t.deepEqual({ ...parseArguments(['--kind=build'], flags).values }, { kind: 'build' });
  t.deepEqual({ ...parseArguments(['--kind=a=b'], flags).values }, { kind: 'a=b' });
});

test('flags may stand before, between and after the positionals', (t) => {
  for (const args of [
    ['--kind', 'build', '--all-apps', 'myapp', 'b1'],
    ['myapp', '--kind=build', '--all-apps', 'b1'],
    ['myapp', 'b1', '--all-apps', '--kind', 'build'],
  ]) {
    const { positionals, values, switches } = parseArguments(args, flags);
    t.deepEqual(positionals, ['myapp', 'b1']);
    t.is(values['kind'], 'build');
    t.deepEqual([...switches], ['all-apps']);
  }
});

test('a list flag may be given more than once', (t) => {
  const { lists } = parseArguments(['--status', 'a', 'myapp', '--status=b,c'], { status: 'list' });
  t.deepEqual({ ...lists }, { status: ['a', 'b,c'] });
});

test('what follows -- is positional, however it looks, and is told apart', (t) => {
  const { positionals, rest, values } = parseArguments(['myapp', '--', 'make', '--kind', 'x', '--', '-v'], flags);
  t.deepEqual(positionals, ['myapp', 'make', '--kind', 'x', '--', '-v']);
  t.deepEqual(rest, ['make', '--kind', 'x', '--', '-v']);
  t.is(values['kind'], undefined);
});

test('without -- there is no rest, and with nothing behind it the rest is empty', (t) => {
  t.is(parseArguments(['myapp'], flags).rest, undefined);
  t.deepEqual(parseArguments(['myapp', '--'], flags).rest, []);
});

test('a value may be a negative number', (t) => {
  t.is(parseArguments(['--parallel', '-1'], flags).values['parallel'], '-1');
  t.is(parseArguments(['--parallel=-1'], flags).values['parallel'], '-1');
});

test('a lone -, a negative number and an empty argument are positionals, and a value may be empty', (t) => {
  t.deepEqual(parseArguments(['-', '-1', ''], flags).positionals, ['-', '-1', '']);
  t.is(parseArguments(['--kind='], flags).values['kind'], '');
  t.is(parseArguments(['--kind', ''], flags).values['kind'], '');
});

test('a flag that nobody knows is named, with those that are known', (t) => {
  const valid = '(valid flags: --all-apps, --format, --kind, --parallel)';
  t.is(refused(['myapp', '--kinds', 'x']), `Unknown flag "--kinds" ${valid}`);
  t.is(refused(['--kinds=secret']), `Unknown flag "--kinds" ${valid}`);
  t.is(refused(['-k']), `Unknown flag "-k" ${valid}`);
  t.is(refused(['-kind']), `Unknown flag "-kind" ${valid}`);
  t.is(refused(['-xkind']), `Unknown flag "-xkind" ${valid}`);
  t.is(refused(['---kind', 'x']), `Unknown flag "---kind" ${valid}`);
  t.is(refused(['--=x']), `Unknown flag "--" ${valid}`);
  t.is(refused(['--\u001b[31m']), `Unknown flag "--\\x1b[31m" ${valid}`);
});

test('a command without flags names none as valid', (t) => {
  t.throws(() => parseArguments(['--x'], {}), { instanceOf: Failure, message: 'Unknown flag "--x"' });
});

test('names that every object has are no flags', (t) => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    t.regex(refused([`--${name}`, 'x']), /^Unknown flag/);
  }
});

test('a flag without its value is refused, at the end, before another flag, and before --', (t) => {
  t.is(refused(['--kind']), 'Flag --kind needs a value');
  t.is(refused(['--kind', '--format', 'json']), 'Flag --kind needs a value');
  t.is(refused(['--kind', '--', 'x']), 'Flag --kind needs a value');
});

test('a value given twice is refused, since one of them would be ignored', (t) => {
  t.is(refused(['--kind', 'build', '--kind=deploy']), 'Flag --kind was given more than once');
});

test('a switch takes no value, and may be given twice', (t) => {
  t.is(refused(['--all-apps=yes']), 'Flag --all-apps takes no value');
  t.is(refused(['--all-apps=']), 'Flag --all-apps takes no value');
  t.deepEqual([...parseArguments(['--all-apps', '--all-apps'], flags).switches], ['all-apps']);
});

test('a few flags have the name that other programs give them, if the command has that flag', (t) => {
  t.is(parseArguments(['-n', '3'], { limit: 'value' }).values['limit'], '3');
  t.is(parseArguments(['-n=3'], { tail: 'value' }).values['tail'], '3');
  t.is(parseArguments(['-n3'], { tail: 'value' }).values['tail'], '3');
  t.regex(refused(['-x3']), /^Unknown flag "-x"/);
  t.true(parseArguments(['-f'], { follow: 'switch' }).switches.has('follow'));
  t.is(parseArguments(['--json', 'shop'], { format: 'value' }).values['format'], 'json');
  t.regex(refused(['--json=x']), /^Flag --json takes no value$/);
  t.regex(refused(['--json', '--format', 'json']), /^Flag --format was given more than once$/);
  for (const flag of ['-n', '-f', ''])
    t.throws(() => parseArguments([flag || '--json'], { kind: 'value' }), { message: /^Unknown flag/ });
});
