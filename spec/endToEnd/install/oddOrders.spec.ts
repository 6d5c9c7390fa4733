import { existsSync, lstatSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { expectSuccess, type Sandbox } from '../../../scripts/sandbox/host';
import { installAs, linkOf, type Managed, runAsAdministrator, stockHost, whoTracks } from './managed';
import { unpackPackage } from './package';

/*
 * Dokku's commands in unusual orders, and links and files that are not as this plugin left them. One plugin answers
 * all the same.
 */

const STOCK = '../available/builds';

function pathOf(host: Sandbox, ...names: string[]): string {
  return join(host.paths.plugins, ...names);
}

/** What `host:status` of the plugin in `available/<name>` says. */
async function statusOf(host: Sandbox, name: string): Promise<Record<string, unknown> & { code: number | null }> {
  const program = pathOf(host, 'available', name, 'bin', 'dokku-builds');
  const { code, stdout } = await runAsAdministrator(host, [program, 'host:status', '--format', 'json']);
  return { ...(JSON.parse(stdout) as Record<string, unknown>), code };
}

/** Steps of an administrator, such as `plugin:disable b`, and after each which plugin answers `builds:*`. */
const orders: readonly (readonly [string, 'stock' | 'a' | 'b'])[][] = [
  [
    ['disable a', 'b'],
    ['enable a', 'b'],
    ['uninstall b', 'a'],
    ['uninstall a', 'stock'],
  ],
  [
    ['uninstall a', 'b'],
    ['disable b', 'stock'],
    ['enable b', 'b'],
    ['uninstall b', 'stock'],
  ],
  [
    ['disable b', 'a'],
    ['uninstall a', 'stock'],
    ['enable b', 'b'],
  ],
];
for (const order of orders) {
  const title = order.map(([step]) => step).join(', ');
  test(`two copies under two names are one plugin: ${title}`, async (t) => {
    const managed = await stockHost(t);
    const { host, plugin } = managed;
    for (const name of ['a', 'b']) expectSuccess(await installAs(managed, name));
    t.is(await whoTracks(t, host), 'ours');
    for (const [step, answering] of order) {
      const [command = '', name = ''] = step.split(' ');
      expectSuccess(await plugin(command, name));
      if (command === 'enable') expectSuccess(await host.dokku(['ps:rebuild', 'shop'])); // the call that notices
      t.is(await whoTracks(t, host), answering === 'stock' ? 'stock' : 'ours', step);
      t.is(linkOf(host), answering === 'stock' ? STOCK : `../available/${answering}`, step);
      if (answering !== 'stock') t.like(await statusOf(host, answering), { code: 0, name: answering, to_do: null });
    }
  });
}

for (const name of ['builds-journal', 'aaa']) {
  test(`after an upgrade of Dokku, ${name} can be uninstalled at once`, async (t) => {
    const managed = await stockHost(t);
    const { host, plugin } = managed;
    expectSuccess(await installAs(managed, name));
    host.enable('stock');
    t.like(await statusOf(host, name), { code: 1, installed: false, mode: 'none', put_back: true });
    expectSuccess(await plugin('uninstall', name));
    t.is(linkOf(host), STOCK);
    t.is(await whoTracks(t, host), 'stock');
  });
}

test('a link that leads nowhere is not what is put back', async (t) => {
  const managed = await stockHost(t);
  const { host, plugin } = managed;
  rmSync(pathOf(host, 'enabled', 'builds'));
  symlinkSync('../available/gone', pathOf(host, 'enabled', 'builds'));
  expectSuccess(await installAs(managed, 'ours'));
  t.like(await statusOf(host, 'ours'), { code: 0, before: null });
  expectSuccess(await plugin('disable', 'ours'));
  t.is(await whoTracks(t, host), 'stock');
});

test('the plugin from before answers the very call that finds this one disabled, also by an absolute link', async (t) => {
  const managed = await stockHost(t);
  const { host } = managed;
  const stock = join(host.paths.corePlugins, 'available', 'builds');
  rmSync(pathOf(host, 'enabled', 'builds'));
  symlinkSync(stock, pathOf(host, 'enabled', 'builds'));
  expectSuccess(await installAs(managed, 'ours'));
  t.is(linkOf(host), '../available/ours');
  rmSync(pathOf(host, 'enabled', 'builds'));
  symlinkSync(pathOf(host, 'available', 'ours'), pathOf(host, 'enabled', 'builds')); // absolute, too
  t.is(await whoTracks(t, host), 'ours');
  rmSync(pathOf(host, 'enabled', 'ours')); // as plugin:disable, without its `help`
  t.is(await whoTracks(t, host), 'stock');
  t.is(linkOf(host), stock);
});

test('if the file that describes the installation is lost, an uninstall gives back all the same', async (t) => {
  const managed = await stockHost(t);
  const { host, plugin } = managed;
  expectSuccess(await installAs(managed, 'ours'));
  rmSync(pathOf(host, 'dokku-builds.json'));
  expectSuccess(await plugin('uninstall', 'ours'));
  t.is(await whoTracks(t, host), 'stock');
});

/** A host whose stock plugin somebody has removed. */
async function withoutStockPlugin(managed: Managed): Promise<void> {
  const { host } = managed;
  for (const path of [pathOf(host, 'available', 'builds'), join(host.paths.corePlugins, 'available', 'builds')])
    expectSuccess(await runAsAdministrator(host, ['rm', '-rf', path]));
}

test('disabled, without a stock plugin: it is silent, and no deploy and no plugin:install fails', async (t) => {
  const managed = await stockHost(t);
  const { host, plugin } = managed;
  expectSuccess(await installAs(managed, 'ours'));
  await withoutStockPlugin(managed);
  expectSuccess(await plugin('disable', 'ours'));
  const through = pathOf(host, 'enabled', 'builds');
  for (const trigger of ['builds-generate-id', 'post-deploy', 'install']) {
    const { code, stdout, stderr } = await host.run([join(through, trigger), 'shop']);
    t.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' }, trigger);
  }
  t.is((await host.run([join(through, 'commands'), 'help'])).code, 0);
  t.is((await host.run([join(through, 'commands'), 'other:command'])).code, 10);
  const list = await host.dokku(['builds:list', 'shop']);
  t.is(list.code, 1);
  t.regex(list.stderr, /builds:list belongs to the plugin ours, which is disabled \(dokku plugin:enable ours\)/);
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  t.like(await statusOf(host, 'ours'), { code: 1, installed: false, to_do: 'sudo dokku plugin:enable ours' });
});

test('uninstalled, without a stock plugin: no link leads nowhere, so Dokku’s package makes its own again', async (t) => {
  const managed = await stockHost(t);
  const { host, plugin } = managed;
  const link = pathOf(host, 'enabled', 'builds');
  expectSuccess(await installAs(managed, 'ours'));
  await withoutStockPlugin(managed);
  t.regex(expectSuccess(await plugin('uninstall', 'ours')).stderr, /No stock plugin to give builds:\* back to/);
  t.is(lstatSync(link, { throwIfNoEntry: false }), undefined);

  const program = unpackPackage(host);
  expectSuccess(await runAsAdministrator(host, [program, 'host:install']));
  t.is((await host.dokku(['builds:list'])).code, 0);
  const refused = await runAsAdministrator(host, [program, 'host:install', '--alongside']);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /^ ! {5}No stock plugin to put back: /m);
  expectSuccess(await runAsAdministrator(host, [program, 'host:uninstall']));
  t.is(lstatSync(link, { throwIfNoEntry: false }), undefined);
  t.false(existsSync(pathOf(host, 'dokku-builds.json')));
});

test('host:install warns of a damaged history, and of a record that cannot be read, and exits with 0', async (t) => {
  const { host } = await stockHost(t);
  const program = unpackPackage(host);
  expectSuccess(await runAsAdministrator(host, [program, 'host:install']));
  t.is(await whoTracks(t, host), 'ours');
  host.write(host.file('shop', 'unreadable.json'), '{');
  for (const args of [['--again'], []]) {
    const { stderr } = expectSuccess(await runAsAdministrator(host, [program, 'host:install', ...args]));
    t.regex(stderr, /shop: the record unreadable.json cannot be read: it is not JSON\n/);
    t.regex(stderr, /The history of 1 of 1 app is not as it was written: see builds:verify\n/);
  }
  const journal = host.file('shop', 'events.journal');
  const bytes = readFileSync(journal);
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  writeFileSync(journal, bytes);
  expectSuccess(await runAsAdministrator(host, [program, 'host:install', '--again']));
  t.like(await statusOf(host, 'dokku-builds'), { code: 1, installed: true, broken_histories: ['shop'] });
});
