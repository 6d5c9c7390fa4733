import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { EXECUTABLE } from '../../../host/plugin/pluginTree';
import { bunFor } from '../../../scripts/bun';
import { triggers } from '../../../scripts/plugin-tree';
import { filesOf, replaceTree } from '../../../scripts/replace-tree';
import { builtPlugin, copyPlugin } from '../../../scripts/sandbox/layout';
import { writeTarball } from '../../../scripts/tarball';
import { temporaryDirectory } from '../../temporaryHost';
import { copyOfSource, ROOT } from './copyOfSource';

test('every trigger and subcommand is a relative link to the entry, beside one executable', (t) => {
  const files = filesOf(builtPlugin);
  const isLink = (file: string): boolean => lstatSync(join(builtPlugin, file)).isSymbolicLink();
  for (const name of ['commands', ...triggers, 'subcommands/list', 'subcommands/set'])
    t.true(files.includes(name), name);
  for (const link of files.filter(isLink)) {
    t.is(readlinkSync(join(builtPlugin, link)), link.startsWith('subcommands/') ? '../bin/run' : 'bin/run');
  }
  const others = files.filter((file) => !isLink(file));
  const executable = others.filter((file) => (lstatSync(join(builtPlugin, file)).mode & 0o111) !== 0);
  t.deepEqual(executable, ['bin/dokku-builds', 'bin/run']);
  t.is(lstatSync(join(builtPlugin, 'bin/dokku-builds')).mode & 0o777, 0o755);
});

test('no path of the building machine is in the executable', (t) => {
  t.false(readFileSync(join(builtPlugin, 'bin/dokku-builds')).includes(ROOT));
});

test('the licenses name Bun, and every package that is compiled in', (t) => {
  const text = readFileSync(join(builtPlugin, 'THIRD-PARTY-LICENSES'), 'utf8');
  for (const name of ['Bun', 'fast-glob', 'immer', 'msgpackr', 'ulid']) t.regex(text, new RegExp(`^${name} \\d`, 'm'));
  t.regex(text, /JavaScriptCore.*LGPL/);
});

test('an archive holds one directory with the tree as it is, and has the same bytes every time', async (t) => {
  const directory = temporaryDirectory(t);
  const tree = join(directory, 'tree');
  cpSync(builtPlugin, tree, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith(EXECUTABLE) });
  writeFileSync(join(tree, EXECUTABLE), 'it need not be the real one', { mode: 0o755 });
  const archives = ['one', 'two'].map((name) => join(directory, `${name}.tar.gz`));
  for (const archive of archives) await writeTarball(tree, 'dokku-builds-1', archive);
  const [one = '', two = ''] = archives;
  t.is(spawnSync('cmp', [one, two]).status, 0);
  const unpacked = join(directory, 'unpacked');
  mkdirSync(unpacked);
  execFileSync('sh', ['-c', `umask 077 && exec tar -xzpf '${one}' -C '${unpacked}'`]);
  t.deepEqual(readdirSync(unpacked), ['dokku-builds-1']);
  const result = join(unpacked, 'dokku-builds-1');
  t.deepEqual(filesOf(result), filesOf(builtPlugin));
  for (const name of ['.', ...readdirSync(tree, { recursive: true, encoding: 'utf8' })]) {
    const [made, wanted] = [lstatSync(join(result, name)), lstatSync(join(tree, name))];
    t.deepEqual([made.mode, made.isFile() && made.size], [wanted.mode, wanted.isFile() && wanted.size], name);
    if (made.isSymbolicLink()) t.is(readlinkSync(join(result, name)), readlinkSync(join(tree, name)));
  }
});

test.serial('a runtime for another processor that is not what the lock names is refused', async (t) => {
  const directory = temporaryDirectory(t);
  const lock = join(directory, 'package-lock.json');
  cpSync(join(ROOT, 'package-lock.json'), lock);
  const other = process.arch === 'arm64' ? 'x64' : 'arm64';
  const changed = readFileSync(lock, 'utf8').replaceAll('"integrity": "sha512-', '"integrity": "sha512-AAAA');
  writeFileSync(lock, changed);
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  // An npm that packs something else, and needs no network.
  writeFileSync(
    join(bin, 'npm'),
    '#!/bin/sh\necho x.tgz\nfor d; do last=$prev; prev=$d; done\necho x > "$last/x.tgz"\n',
    {
      mode: 0o755,
    },
  );
  const root = join(directory, 'root');
  mkdirSync(root);
  cpSync(lock, join(root, 'package-lock.json'));
  const path = process.env['PATH'];
  process.env['PATH'] = `${bin}:${path ?? ''}`;
  try {
    await t.throwsAsync(bunFor(root, other), { message: /^x\.tgz is sha512-.*; package-lock\.json wants sha512-AAAA/ });
  } finally {
    process.env['PATH'] = path;
  }
  t.deepEqual(readdirSync(join(root, 'node_modules/.cache/dokku-builds')), []);
});

test('a rebuild puts each file in place in one step: a call of the plugin never fails meanwhile', async (t) => {
  const directory = temporaryDirectory(t);
  const [plugin, stage] = [join(directory, 'plugin'), join(directory, 'stage')];
  copyPlugin(plugin);
  const before = filesOf(plugin);
  const script = 'while [ ! -e stop ]; do plugin/builds-generate-id >/dev/null || exit 1; echo called; done';
  const calling = spawn('/bin/sh', ['-c', script], { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(calling, 'exit');
  await once(calling.stdout, 'data');
  calling.stdout.resume();
  for (let rebuilt = 1; rebuilt <= 20; rebuilt++) {
    copyPlugin(stage);
    writeFileSync(join(stage, 'plugin.toml'), `# build ${rebuilt}\n`);
    writeFileSync(join(plugin, 'bin/no-longer'), '');
    replaceTree(stage, plugin);
    t.deepEqual(filesOf(plugin), before, `build ${rebuilt}`);
    t.is(readFileSync(join(plugin, 'plugin.toml'), 'utf8'), `# build ${rebuilt}\n`);
    execFileSync('rm', ['-rf', stage]);
  }
  writeFileSync(join(directory, 'stop'), '');
  t.deepEqual(await ended, [0, null]);
});

test('npm packs the library and nothing else, and builds it first', (t) => {
  const directory = copyOfSource(temporaryDirectory(t));
  const packed = spawnSync('npm', ['pack', '--json', '--dry-run'], { cwd: directory, encoding: 'utf8' });
  t.is(packed.status, 0, packed.stderr);
  const [{ files }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('['))) as [{ files: { path: string }[] }];
  const paths = files.map((file) => file.path);
  const folders = [...new Set(paths.map((path) => path.split('/').slice(0, -1).join('/')))].sort();
  t.deepEqual(folders, ['', 'dist/api', 'docs', 'docs/schema']);
  for (const name of ['index.js', 'index.mjs', 'index.d.ts', 'index.d.mts']) t.true(paths.includes(`dist/api/${name}`));
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Record<string, unknown>;
  t.deepEqual(
    [manifest['dependencies'], manifest['optionalDependencies'], manifest['bin']],
    [undefined, undefined, undefined],
  );
});
