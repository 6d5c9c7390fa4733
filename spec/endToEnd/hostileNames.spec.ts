import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, type Sandbox } from '../../scripts/sandbox/host';
import { finishedRecord, recordText, writeRecords } from './expectedRecord';
import { quietly } from './quietly';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
  await host.createApp('shop');
  writeRecords(host, finishedRecord('shop', 'done', 1));
  // What no name may reach: a neighbour, and files above and beside the data of apps.
  await host.createApp('other');
  writeRecords(host, finishedRecord('other', 'bait', 1));
  host.write(host.file('other', 'bait.log'), 'TOP SECRET\n');
  host.write(join(host.paths.builds, 'bait.json'), recordText(finishedRecord('shop', 'bait', 1)));
  host.write(join(host.paths.builds, 'bait.log'), 'TOP SECRET\n');
  host.write(join(host.paths.data, 'bait.log'), 'TOP SECRET\n');
  host.write(join(host.paths.data, 'x', 'bait.log'), 'TOP SECRET\n');
});

test.after.always(() => host.remove());

const HOSTILE_APPS = [
  '../x',
  '..',
  '.',
  './shop',
  'shop/../other',
  '/etc',
  'x'.repeat(300),
  'a\nb',
  'Upper',
  '.git',
  'a b',
];
const HOSTILE_IDS = [
  '../other/bait',
  '../bait',
  'a/b',
  '.',
  '..',
  '/etc/passwd',
  '.hidden',
  'x'.repeat(300),
  'a\nb',
  'done.json',
  '*',
];

/** Every file and directory below the host's data and properties, with size and time of change. */
function everything(): string[] {
  const roots = [host.paths.data, host.paths.config, host.paths.dokkuRoot];
  const below = (path: string): string[] =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const one = join(path, entry.name);
      const { size, mtimeMs, ino } = statSync(one);
      return entry.isDirectory() ? [`${one}/`, ...below(one)] : [`${one} ${size} ${mtimeMs} ${ino}`];
    });
  return roots.flatMap(below).sort();
}

test.serial('a hostile app name is that of an app that does not exist, for every command', async (t) => {
  const before = everything();
  for (const app of HOSTILE_APPS) {
    const result = await host.dokku(['builds:list', app]);
    t.is(result.code, 20, app);
    t.regex(result.stderr, /^ ! {5}App [^\n]* does not exist\n$/, 'it is said on one line');
    t.true(quietly(result));
  }
  for (const command of [
    ['builds:info', '../x', 'bait'],
    ['builds:output', '../x', 'bait'],
    ['builds:output', '..', 'bait'],
    ['builds:cancel', '../x'],
    ['builds:prune', '../x'],
    ['builds:set', '../x', 'retention', '5'],
    ['builds:report', '../x'],
    ['--app', '../x', 'builds:list'],
  ]) {
    const result = await host.dokku(command);
    t.is(result.code, 20, command.join(' '));
    t.true(quietly(result));
  }
  t.is((await host.program(['capture', '../x', '--', 'true'])).code, 20);
  for (const command of ['builds:list', 'builds:prune', 'builds:cancel']) {
    const result = await host.dokku([command, '--', '--all']);
    t.deepEqual([result.code, result.stderr], [20, ' !     App --all does not exist\n'], command);
  }
  t.deepEqual(everything(), before);
});

test.serial('a trigger with a hostile app name touches nothing, and blocks nobody', async (t) => {
  const before = everything();
  for (const app of [...HOSTILE_APPS, '--all', '']) {
    const results = [
      await host.trigger('builds-record-start', [app, 'id1', String(process.pid), 'git-hook']),
      await host.trigger('builds-record-finalize', [app, 'id1', '0']),
    ];
    for (const result of results) t.true(quietly(result), app);
  }
  for (const [name, ...args] of [
    ['builds-record-discard', '../other', 'bait'],
    ['post-delete', '..'],
    ['post-delete', ''],
    ['post-delete', '../builds'],
    ['post-delete', 'shop/../other'],
    ['post-delete'],
    ['post-app-rename-setup', '../builds', 'new'],
    ['post-app-rename-setup', 'shop', '../x'],
    ['post-app-rename-setup', 'shop'],
    ['post-app-clone-setup', '../other', 'new'],
  ] as const) {
    t.true(quietly(await host.trigger(name, args)), `${name} ${args.join(' ')}`);
  }
  t.deepEqual(everything(), before);
});

test.serial('a build id that is a path is refused before any file is touched', async (t) => {
  const before = everything();
  for (const id of HOSTILE_IDS) {
    for (const command of ['builds:info', 'builds:output']) {
      const result = await host.dokku([command, 'shop', id]);
      t.deepEqual([result.code, result.stdout], [1, ''], `${command} ${id}`);
      t.regex(result.stderr, /^ ! {5}[^\n]+\n$/);
      t.true(quietly(result));
    }
    for (const [name, ...rest] of [
      ['builds-record-start', String(process.pid), 'git-hook'],
      ['builds-record-finalize', '0'],
      ['builds-record-discard'],
    ] as const) {
      t.true(quietly(await host.trigger(name, ['shop', id, ...rest])), `${name} ${id}`);
    }
  }
  t.deepEqual(everything(), before);
});

test('a deploy lock that holds a path, or NUL, names no build', async (t) => {
  await host.createApp('locked');
  for (const content of ['../other/bait\n', 'bait\0x\n', 'x'.repeat(5000), '/etc/passwd']) {
    host.write(host.lockPath('locked'), content);
    for (const command of ['builds:output', 'builds:cancel']) {
      const result = await host.dokku([command, 'locked']);
      t.true(quietly(result), command);
      t.is(result.code, 1);
    }
    t.is(host.lock('locked'), content);
  }
});
