import test from 'ava';

import { completionsOf, FILES, type Known } from '../../../commands/definition/completions';
import type { Via } from '../../../commands/definition/command';
import { set } from '../../../commands/set';
import { execute, inspect, survey, sweep } from './someCommand';

const commands = [
  { name: 'inspect', command: inspect },
  { name: 'sweep', command: sweep },
  { name: 'survey', command: survey },
  { name: 'host:execute', command: execute },
  { name: 'set', command: set },
];

const known: Known = { apps: () => ['blog', 'shop'], builds: (app) => (app === 'shop' ? ['b2', 'b1'] : []) };

/** The words that the last word of `line` may become. */
function offered(line: string, via: Via = 'program'): string[] {
  return completionsOf(commands, via, line.split(' '), known).map(([word]) => word);
}

test('the first word is a command, with builds: in front for dokku and if it was begun so', (t) => {
  t.deepEqual(offered(''), ['inspect', 'sweep', 'survey', 'host:execute', 'set', 'help']);
  t.deepEqual(offered('s'), ['sweep', 'survey', 'set']);
  t.deepEqual(offered('builds:s'), ['builds:sweep', 'builds:survey', 'builds:set']);
  t.deepEqual(offered('', 'plugin'), ['builds:inspect', 'builds:sweep', 'builds:survey', 'builds:set', 'builds:help']);
  t.deepEqual(offered('help s'), ['sweep', 'survey', 'set']);
});

test('arguments are completed in their order, whatever flags stand between', (t) => {
  t.deepEqual(offered('inspect '), ['blog', 'shop']);
  t.deepEqual(offered('inspect --format json s'), ['shop']);
  t.deepEqual(offered('builds:inspect shop --dry-run '), ['last', 'last-failed', 'current', 'b2', 'b1']);
  t.deepEqual(offered('inspect shop b'), ['b2', 'b1']);
  t.deepEqual(offered('inspect shop b1 '), []);
});

test('a switch stands in place of an app', (t) => {
  t.deepEqual(offered('sweep '), ['blog', 'shop', '--all-apps']);
  t.deepEqual(offered('sweep --all-apps '), []);
});

test('flags are offered once, and those for the program only there', (t) => {
  t.deepEqual(offered('inspect --'), ['--format', '--kind', '--as-of', '--dry-run', '--out']);
  t.deepEqual(offered('inspect --dry-run --format=json --'), ['--kind', '--as-of', '--out']);
  t.deepEqual(offered('builds:inspect --', 'plugin'), ['--format', '--kind', '--as-of', '--dry-run']);
});

test('the value of a flag is completed, behind a blank and behind an equals sign', (t) => {
  t.deepEqual(offered('inspect --kind '), ['build', 'deploy']);
  t.deepEqual(offered('inspect --kind b'), ['build']);
  t.deepEqual(offered('inspect --kind=b'), ['--kind=build']);
  t.deepEqual(offered('inspect --as-of '), []);
  t.deepEqual(offered('inspect --out '), [FILES]);
  t.deepEqual(offered('inspect --out=x'), [FILES]);
});

test('the values of a property are offered, also behind a comma', (t) => {
  t.deepEqual(offered('set shop page '), ['on', 'off']);
  t.deepEqual(offered('builds:set --global notify-format js', 'plugin'), ['json']);
  t.deepEqual(offered('set shop notify-on failed,c'), ['failed,canceled']);
  t.deepEqual(offered('set shop retention '), []);
});

test('words of another program, and of an unknown command, are not completed', (t) => {
  t.deepEqual(offered('host:execute shop -- l'), []);
  t.deepEqual(offered('frobnicate '), []);
  t.deepEqual(offered('host:execute ', 'plugin'), []);
});
