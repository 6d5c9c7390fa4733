import { cpSync, existsSync, lstatSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { copyPlugin } from '../../../scripts/sandbox/layout';
import { createSandbox, expectSuccess, type Result, type Sandbox, script } from '../../../scripts/sandbox/host';
import { writeTarball } from '../../../scripts/tarball';
import { administrator, dokkuUser, unpackPackage } from './package';

/*
 * Dokku's own commands manage the plugin: `plugin:install`, `plugin:update`, `plugin:disable`, `plugin:enable`,
 * `plugin:uninstall`. Whatever is enabled, under whatever name, one plugin answers: a deploy has one id of one line,
 * one record, and no stray line on stderr.
 */

const app = { build: script('echo compiled') };

/** A level of gzip: the executable takes seconds to compress. */
const UNCOMPRESSED = 0;

interface Managed {
  readonly host: Sandbox;
  /** `dokku plugin:<command> …`, as the administrator. */
  readonly plugin: (command: string, ...args: string[]) => Promise<Result>;
}

/** A host with the stock plugin and an app. */
async function stockHost(t: ExecutionContext): Promise<Managed> {
  const host = await createSandbox({ tracking: 'stock', user: dokkuUser });
  t.teardown(() => host.remove());
  await host.createApp('shop', app);
  const plugin = (command: string, ...args: string[]) =>
    host.run(['dokku', `plugin:${command}`, ...args], administrator && { user: administrator });
  return { host, plugin };
}

/**
 * What `plugin:install` does when it has unpacked the package under `name`: makes the link, and runs the trigger
 * `install` of every plugin. The archive itself is tried by one test alone, since it takes seconds to unpack.
 */
async function installAs({ host }: Managed, name: string): Promise<Result> {
  copyPlugin(join(host.paths.plugins, 'available', name));
  symlinkSync(join('..', 'available', name), join(host.paths.plugins, 'enabled', name));
  return runAsAdministrator(host, ['plugn', 'trigger', 'install']);
}

function runAsAdministrator(host: Sandbox, command: [string, ...string[]]): Promise<Result> {
  return host.run(command, administrator && { user: administrator });
}

function linkOf(host: Sandbox): string {
  return readlinkSync(join(host.paths.plugins, 'enabled', 'builds'));
}

/** Ids of the records, oldest first. */
function recordsOf(host: Sandbox): string[] {
  const names = readdirSync(join(host.paths.builds, 'shop')).filter((name) => name.endsWith('.json'));
  const ids = names.map((name) => name.slice(0, -'.json'.length));
  const startedAt = (id: string): string => String(host.record('shop', id)['started_at']);
  return ids.sort((a, b) => startedAt(a).localeCompare(startedAt(b)));
}

/**
 * Deploys, and gives who made the id of the new record. Exactly one id, one record and no line on stderr must come of
 * it.
 */
async function whoTracks(t: ExecutionContext, host: Sandbox): Promise<'stock' | 'ours'> {
  const before = existsSync(join(host.paths.builds, 'shop')) ? recordsOf(host) : [];
  const { stderr } = expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  t.is(stderr, '');
  const added = recordsOf(host).filter((id) => !before.includes(id));
  t.is(added.length, 1, added.join());
  const [id = ''] = added;
  t.like(host.record('shop', id), { id, status: 'succeeded', exit_code: 0 });
  return id.startsWith('stock') ? 'stock' : 'ours';
}

for (const name of ['builds-journal', 'dokku-builds-1.0-linux-x64.tar.gz', 'aaa', 'dokku-builds', 'ours.git']) {
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

test('two copies under two names are one plugin; if one is disabled or uninstalled, the other one answers', async (t) => {
  const managed = await stockHost(t);
  const { host, plugin } = managed;
  expectSuccess(await installAs(managed, 'first'));
  expectSuccess(await installAs(managed, 'second'));
  t.is(linkOf(host), '../available/first');
  t.is(await whoTracks(t, host), 'ours');
  expectSuccess(await plugin('disable', 'first'));
  t.is(await whoTracks(t, host), 'ours');
  t.is(linkOf(host), '../available/second');
  expectSuccess(await plugin('enable', 'first'));
  t.is(await whoTracks(t, host), 'ours');
  expectSuccess(await plugin('uninstall', 'second'));
  t.is(await whoTracks(t, host), 'ours');
  t.is(linkOf(host), '../available/first');
  expectSuccess(await plugin('uninstall', 'first'));
  t.is(await whoTracks(t, host), 'stock');
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
