import test from 'ava';

import { readDeployCommand } from '../../../host/dokku/deployCommand';

const sha1 = '0123456789abcdef0123456789abcdef01234567';
const sha256 = `${sha1}${'a'.repeat(24)}`;

test('a push knows its revision', (t) => {
  for (const revision of [sha1, sha256])
    for (const path of ['/var/lib/dokku/plugins/enabled/git/receive-app', '/opt/git/receive-app'])
      t.deepEqual(readDeployCommand(['bash', path, 'shop', revision]), { command: 'git-receive-pack', revision });
});

test('what is not a whole hash of a commit is not a revision', (t) => {
  for (const text of [undefined, '', 'main', sha1.slice(1), `${sha1}0`, sha1.toUpperCase(), `--${sha1}`])
    t.deepEqual(
      readDeployCommand(['bash', '/x/git/receive-app', 'shop', ...(text === undefined ? [] : [text])]),
      { command: 'git-receive-pack' },
      text,
    );
});

test('of a dokku command only the first word is kept: its arguments can be secrets', (t) => {
  for (const command of ['ps:restart', 'config:set', 'git:sync', 'git:from-image', 'deploy', 'certs:add'])
    for (const program of ['/usr/bin/dokku', 'dokku', '/opt/dokku'])
      t.deepEqual(readDeployCommand(['bash', program, command, 'shop', 'TOKEN=secret']), { command });
  t.deepEqual(readDeployCommand(['/usr/bin/dokku', 'ps:rebuild', 'shop']), { command: 'ps:rebuild' });
});

test('flags in front of the command are ignored, with their values', (t) => {
  for (const flags of [['--quiet'], ['--trace', '--force'], ['--app', 'shop'], ['--quiet', '--app', 'ps', '--trace']])
    t.deepEqual(readDeployCommand(['bash', '/usr/bin/dokku', ...flags, 'ps:restart', 'shop']), {
      command: 'ps:restart',
    });
});

test('a process that deploys nothing that Dokku knows has no command', (t) => {
  for (const args of [
    [],
    [''],
    ['bash'],
    ['bash', '/usr/bin/dokku'],
    ['bash', '/usr/bin/dokku', '--app'],
    ['bash', '/usr/bin/dokku', '--quiet'],
    ['bash', '/usr/bin/notdokku', 'ps:restart'],
    ['bash', '-c', '/usr/bin/dokku', 'ps:restart'],
    ['sleep', '3600'],
  ])
    t.deepEqual(readDeployCommand(args), {}, args.join(' '));
});

test('a word that can be no command of Dokku is not kept', (t) => {
  for (const word of [
    '--password',
    'TOKEN=secret',
    'ps:restart;id',
    'PS:RESTART',
    `a${'b'.repeat(64)}`,
    'a b',
    'a\nb',
    '',
  ])
    t.deepEqual(readDeployCommand(['bash', '/usr/bin/dokku', word]), {}, word);
});

test('a flag is not found in what every object has', (t) => {
  t.deepEqual(readDeployCommand(['bash', '/usr/bin/dokku', 'constructor']), { command: 'constructor' });
});
