import test from 'ava';

import { type Called, calledAs } from '../../commands/calledAs';

const isInternal = (name: string): boolean => ['builds-record-start', 'commands', 'install'].includes(name);

function called(argv0: string, ...argv: string[]): Called {
  return calledAs(argv0, argv, isInternal);
}

test('plugn runs a trigger by its name', (t) => {
  t.deepEqual(called('/plugins/enabled/builds/builds-record-start', 'shop', 'b1'), {
    type: 'internal',
    name: 'builds-record-start',
    args: ['shop', 'b1'],
  });
});

test('Dokku runs a subcommand, and repeats its name as the first word', (t) => {
  const expected = { type: 'command', name: 'list', typed: 'list', args: ['shop'], via: 'plugin' };
  for (const repeated of ['builds:list', 'builds-journal:list']) {
    t.deepEqual(called('/plugins/enabled/builds/subcommands/list', repeated, 'shop'), expected);
  }
  t.deepEqual(called('/plugins/enabled/builds/subcommands/list', 'shop'), expected);
  t.deepEqual(called('subcommands/list', 'builds:list', 'list'), { ...expected, args: ['list'] });
  t.deepEqual(called('subcommands/list', 'list'), { ...expected, args: ['list'] }, 'an app may be called like that');
});

test('a subcommand is never another one, nor the program on the host, whatever its words are', (t) => {
  t.like(called('subcommands/list', 'builds:page', '--out', 'x'), { name: 'list', via: 'plugin' });
  t.like(called('subcommands/list', 'dokku-builds', 'capture'), { name: 'list', via: 'plugin' });
  t.like(called('subcommands/list', 'builds-record-start'), { type: 'command', name: 'list' });
});

test('people run the program with the name of a command, with or without builds:', (t) => {
  for (const name of ['list', 'builds:list', 'builds-journal:list']) {
    t.deepEqual(called('/usr/local/bin/dokku-builds', name, 'shop'), {
      type: 'command',
      name: 'list',
      typed: name,
      args: ['shop'],
      via: 'program',
    });
  }
  t.like(called('dokku-builds', 'host:install'), { name: 'host:install', via: 'program' });
  t.like(called('dokku-builds', 'builds-record-start', 'shop'), { type: 'internal', args: ['shop'] });
});

test('the program without words, and with -h, explains itself', (t) => {
  for (const words of [[], [''], ['builds'], ['-h'], ['--help'], ['help'], ['builds:help']]) {
    t.like(called('dokku-builds', ...words), { type: 'command', name: 'help', via: 'program' }, words.join(' '));
  }
  t.like(called('dokku-builds', 'help', 'list'), { name: 'help', args: ['list'] });
  for (const flag of ['--version', '-v', '-V'])
    t.like(called('dokku-builds', flag), { name: 'version', via: 'program' });
});

test('the script of the plugin says by an argument what it was called by, and no further argument can say so', (t) => {
  const entered = (path: string, ...argv: string[]): Called => called('/x/bin/dokku-builds', '--as', path, ...argv);
  t.deepEqual(entered('enabled/builds/install', 'x'), { type: 'internal', name: 'install', args: ['x'] });
  const list = { type: 'command', name: 'list', typed: 'list', args: ['shop'], via: 'plugin' };
  t.deepEqual(entered('./list', 'builds:list', 'shop'), list);
  const intruder = ['--as', 'dokku-builds', 'capture'];
  t.deepEqual(entered('./list', ...intruder), { ...list, args: intruder });
});
