import { cpSync, existsSync, lstatSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

import test from 'ava';

import { copyPlugin } from '../../../scripts/sandbox/layout';
import { expectSuccess } from '../../../scripts/sandbox/host';
import { writeTarball } from '../../../scripts/tarball';
import { installAs, linkOf, recordsOf, runAsAdministrator, stockHost, whoTracks } from './managed';
import { administrator, unpackPackage } from './package';

/*
 * Dokku's own commands manage the plugin: `plugin:install`, `plugin:update`, `plugin:disable`, `plugin:enable`,
 * `plugin:uninstall`. Whatever is enabled, under whatever name, one plugin answers: a deploy has one id of one line,
 * one record, and no stray line on stderr.
 */

/** A level of gzip: the executable takes seconds to compress. */
const UNCOMPRESSED = 0;

for (const name of ['builds-journal', 'dokku-builds-1.0-linux-x64.tar.gz', 'A_1.b', 'dokku-builds', 'ours.git']) {
  test(`installed as ${name} it takes over, and each of Dokku’s commands does what it says`, async (t) => {
    const managed = await stockHost(t);
    const { host, plugin } = managed;
    t.is(await whoTracks(t, host), 'stock');

    const installed = expectSuccess(await installAs(managed, name));
    t.is(installed.stderr, '');
    t.is(linkOf(host), `../available/${name}`);
    t.is(await whoTracks(t, host), 'ours');
    const { stdout: events } = expectSuccess(await host.dokku(['builds:events', 'shop', '--format', 'jsonl']));
    t.is(events.trim().split('\n').length, 4); // the build before was adopted
    t.is((await host.dokku(['builds-journal:list', 'shop'])).code === 0, name === 'builds-journal');
    const help = expectSuccess(await host.dokku(['help'])).stdout;
    t.is(help.match(/^ *builds /gm)?.length, 1, help);
    t.regex(expectSuccess(await plugin('list')).stdout, new RegExp(`^${name} \\S+ enabled$`, 'm'));
    t.notRegex(expectSuccess(await plugin('list')).stdout, /disabled/);

    expectSuccess(await plugin('disable', name));
    t.is(await whoTracks(t, host), 'stock');
    t.is(linkOf(host), '../available/builds');
    const program = join(host.paths.plugins, 'available', name, 'bin', 'dokku-builds');
    const status = await runAsAdministrator(host, [program, 'host:status', '--format', 'json']);
    const to_do = `sudo dokku plugin:enable ${name}`; // the record of the stock plugin breaks no history
    t.like(JSON.parse(status.stdout) as object, { disabled: true, put_back: false, broken_histories: [], to_do });
    t.is(status.code, 1);

    expectSuccess(await plugin('enable', name));
    expectSuccess(await host.dokku(['ps:rebuild', 'shop'])); // the call that notices
    t.is(linkOf(host), `../available/${name}`);
    t.is(await whoTracks(t, host), 'ours');

    expectSuccess(await plugin('uninstall', name));
    t.is(linkOf(host), '../available/builds');
    t.is(lstatSync(join(host.paths.plugins, 'available', name), { throwIfNoEntry: false }), undefined);
    t.is(await whoTracks(t, host), 'stock');

    expectSuccess(await installAs(managed, name));
    t.is(await whoTracks(t, host), 'ours');
    t.is(expectSuccess(await host.dokku(['builds:verify', 'shop'])).stderr, '');
  });
}

test('the call that finds the plugin disabled is answered by the stock plugin, whatever it is', async (t) => {
  const managed = await stockHost(t);
  const { host, plugin } = managed;
  for (const [command, expected] of [
    [['plugn', 'trigger', 'builds-generate-id'], { code: 0, stderr: '' }],
    [['dokku', 'builds:events', 'shop'], { code: 1, stdout: '' }],
    [['plugn', 'trigger', 'post-extract', 'shop', '/tmp', 'x'], { code: 0, stdout: '', stderr: '' }],
  ] as const) {
    if (!existsSync(join(host.paths.plugins, 'available', 'ours'))) expectSuccess(await installAs(managed, 'ours'));
    expectSuccess(await plugin('enable', 'ours'));
    expectSuccess(await host.trigger('install', []));
    t.is(linkOf(host), '../available/ours');
    rmSync(join(host.paths.plugins, 'enabled', 'ours')); // as plugin:disable, without its `help`
    const result = await host.run(command);
    t.like(result, expected, command.join(' '));
    if (command[2] === 'builds-generate-id') t.regex(result.stdout, /^stock\S+\n$/);
    t.is(linkOf(host), '../available/builds');
  }
});

test('unpacked by hand, it is a plugin that Dokku’s commands know', async (t) => {
  const managed = await stockHost(t);
  const { host, plugin } = managed;
  const program = unpackPackage(host);
  expectSuccess(await runAsAdministrator(host, [program, 'host:install']));
  t.is(await whoTracks(t, host), 'ours');
  t.notRegex(expectSuccess(await plugin('list')).stdout, /disabled/);
  expectSuccess(await plugin('disable', 'dokku-builds'));
  t.is(await whoTracks(t, host), 'stock');
  expectSuccess(await plugin('enable', 'dokku-builds'));
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  t.is(await whoTracks(t, host), 'ours');
  expectSuccess(await plugin('uninstall', 'dokku-builds'));
  t.is(await whoTracks(t, host), 'stock');
});

for (const [what, path] of [
  ['its own name was disabled', ['enabled', 'dokku-builds']], // as plugin:disable, without its `help`
  ['the tree that answers is damaged', ['enabled', 'builds', 'install']],
] as const) {
  test(`uninstalled when ${what}, it writes all records before the stock plugin reads them`, async (t) => {
    const { host } = await stockHost(t);
    const program = unpackPackage(host);
    expectSuccess(await runAsAdministrator(host, [program, 'host:install']));
    for (let n = 0; n < 2; n += 1) t.is(await whoTracks(t, host), 'ours');
    const records = recordsOf(host);
    rmSync(join(host.paths.builds, 'shop', `${records[0] ?? ''}.json`));
    rmSync(join(host.paths.plugins, ...path));
    const { stdout, stderr } = expectSuccess(await runAsAdministrator(host, [program, 'host:uninstall']));
    t.is(stderr, '');
    t.regex(stdout, /Bringing the records up to date/);
    t.deepEqual(recordsOf(host), records);
    t.is(await whoTracks(t, host), 'stock');
  });
}

test('an upgrade of Dokku that makes its own link again, or one inside the plugin, is mended', async (t) => {
  const managed = await stockHost(t);
  const { host } = managed;
  expectSuccess(await installAs(managed, 'ours'));
  host.enable('stock');
  expectSuccess(await host.dokku(['ps:rebuild', 'shop'])); // the call that notices
  t.is(await whoTracks(t, host), 'ours');

  const stray = join(host.paths.plugins, 'available', 'ours', 'builds');
  symlinkSync('../available/builds', stray);
  const program = join(host.paths.plugins, 'available', 'ours', 'bin', 'dokku-builds');
  const status = await runAsAdministrator(host, [program, 'host:status', '--format', 'json']);
  t.like(JSON.parse(status.stdout) as object, { stray_link: true, name: 'ours', broken_histories: [] });
  expectSuccess(await runAsAdministrator(host, [program, 'host:install', '--again']));
  t.is(lstatSync(stray, { throwIfNoEntry: false }), undefined);
  const mended = await runAsAdministrator(host, [program, 'host:status', '--format', 'json']);
  t.like(JSON.parse(mended.stdout) as object, { stray_link: false, to_do: null });
  symlinkSync('../available/builds', stray);
  expectSuccess(await runAsAdministrator(host, ['plugn', 'trigger', 'install']));
  t.is(lstatSync(stray, { throwIfNoEntry: false }), undefined);
});

test('while the plugin may not change the links, the stock plugin answers a disabled one’s calls all the same', async (t) => {
  if (administrator === undefined) return t.pass('only root can keep another user from the links');
  const managed = await stockHost(t);
  const { host } = managed;
  expectSuccess(await installAs(managed, 'ours'));
  const enabled = join(host.paths.plugins, 'enabled');
  rmSync(join(enabled, 'ours'));
  expectSuccess(await runAsAdministrator(host, ['chown', 'root:root', enabled]));
  expectSuccess(await runAsAdministrator(host, ['chmod', '0755', enabled]));
  t.is(await whoTracks(t, host), 'stock');
  t.is(linkOf(host), '../available/ours');
  return undefined;
});

test('by git, the repository says at once what to do instead, and breaks nothing', async (t) => {
  const { host, plugin } = await stockHost(t);
  const source = join(host.paths.tmp, 'source');
  const root = join(__dirname, '..', '..', '..');
  const isSource = (path: string): boolean => !['node_modules', 'dist', '.git'].includes(relative(root, path));
  cpSync(root, source, { recursive: true, filter: isSource });
  for (const command of ['git init --quiet', 'git add .', 'git commit --quiet -m source']) {
    expectSuccess(await runAsAdministrator(host, ['sh', '-c', `cd '${source}' && ${command}`]));
  }
  const before = [await host.dokku(['help']), await host.dokku(['nothing:at-all'])];
  const { stderr } = expectSuccess(await plugin('install', source, '--name', 'dokku-builds'));
  t.regex(stderr, /^ ! .*\n.*sudo dokku plugin:uninstall dokku-builds\n.*plugin:install .*\.tar\.gz .*\n$/);
  t.regex(expectSuccess(await plugin('list')).stdout, /^dokku-builds \S+ disabled$/m);
  t.deepEqual([await host.dokku(['help']), await host.dokku(['nothing:at-all'])], before);
  t.is(await whoTracks(t, host), 'stock');
  expectSuccess(await plugin('uninstall', 'dokku-builds'));
  t.notRegex(expectSuccess(await plugin('list')).stdout, /^dokku-builds /m);
});

test('the package itself is installed by its address, and updated in place', async (t) => {
  const { host, plugin } = await stockHost(t);
  const archive = join(host.paths.tmp, 'dokku-builds-linux-x64.tar.gz');
  const tree = join(host.paths.tmp, 'packed');
  copyPlugin(tree);
  await writeTarball(tree, 'packed', archive, UNCOMPRESSED);
  expectSuccess(await plugin('install', `file://${archive}`, '--name', 'builds-journal'));
  t.is(await whoTracks(t, host), 'ours');
  renameSync(join(tree, 'plugin.toml'), join(tree, 'plugin.toml.before'));
  host.write(join(tree, 'plugin.toml'), '[plugin]\ndescription = "newer"\nversion = "9.9.9"\n[plugin.config]\n');
  await writeTarball(tree, 'packed', archive, UNCOMPRESSED);
  expectSuccess(await plugin('update', 'builds-journal'));
  t.regex(expectSuccess(await plugin('list')).stdout, /^builds-journal 9\.9\.9 enabled$/m);
  t.is(await whoTracks(t, host), 'ours');
});
