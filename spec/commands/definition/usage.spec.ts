import test from 'ava';

import { detailsOf, usageOf } from '../../../commands/definition/usage';
import { loadCommands } from '../../../commands/programs';
import { execute, inspect, survey, sweep } from './someCommand';

test('the usage has arguments first, then flags, then what follows --', (t) => {
  t.is(
    usageOf(inspect, true),
    '<app> <build-id> [--format json|stdout] [--kind build|deploy] [--as-of <when>] [--dry-run] [--out <file>]',
  );
  t.is(usageOf(sweep, true), '<app>|--all-apps');
  t.is(usageOf(survey, true), '[<app>]');
  t.is(usageOf(execute, true), '<app> [--quiet] -- <command> [<arg>...]');
});

test('what is only for the program is not in the usage of the plugin', (t) => {
  t.notRegex(usageOf(inspect, false), /--out/);
  t.false(detailsOf(inspect, false).some(([shown]) => shown.includes('--out')));
  t.true(detailsOf(inspect, true).some(([shown]) => shown === '--out <file>'));
});

test('every argument and flag has its help once', (t) => {
  t.deepEqual(detailsOf(sweep, true), [
    ['<app>', 'the app; also as dokku --app <app>'],
    ['--all-apps', 'every app'],
  ]);
});

test('flags of a group are one item', async (t) => {
  const report = (await loadCommands()).find(({ name }) => name === 'report');
  if (report === undefined) return t.fail();
  t.is(usageOf(report.command, false), '[<app>|--global] [<flag>] [--format json|stdout] [--all] [--as-of <when>]');
  t.is(detailsOf(report.command, false).filter(([shown]) => shown === '<flag>').length, 1);
});

test('no usage or description of a command that dokku lists has a comma: dokku makes columns at commas', async (t) => {
  for (const { name, command } of await loadCommands()) {
    t.notRegex(usageOf(command, false), /,/, name);
    t.notRegex(command.description, /[,.]/, name);
  }
});

test('every flag and argument of every command has a help of one line', async (t) => {
  for (const { name, command } of await loadCommands()) {
    for (const [shown, help] of detailsOf(command, true)) t.regex(help, /^\S[^\n]*[^.\s]$/, `${name} ${shown}`);
  }
});
