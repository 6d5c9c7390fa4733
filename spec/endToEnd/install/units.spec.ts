import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { copyPlugin } from '../../../scripts/sandbox/layout';
import { createSandbox, expectSuccess, type Result, type Sandbox } from '../../../scripts/sandbox/host';
import { administrator, dokkuUser, unpackPackage } from './package';

/*
 * The systemd units, as they are shipped: what they start is run as systemd would run it, on a host in another
 * directory.
 */

const UNITS = join(__dirname, '..', '..', '..', 'dist', 'plugin', 'systemd');

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0 ? test : test.skip;

analyze('systemd finds nothing to say about the units (skipped without systemd-analyze)', (t) => {
  const files = readdirSync(UNITS).map((name) => join(UNITS, name));
  t.is(files.length, 3);
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], {
    encoding: 'utf8',
  });
  t.deepEqual({ status, said: stdout + stderr }, { status: 0, said: '' });
});

async function stockHost(t: ExecutionContext): Promise<Sandbox> {
  const host = await createSandbox({ tracking: 'stock', user: dokkuUser });
  t.teardown(() => host.remove());
  return host;
}

/** Runs what `unit` starts, on `host`. */
function startUnit(host: Sandbox, unit: string): Promise<Result> {
  const text = readFileSync(join(UNITS, unit), 'utf8');
  const [, script = ''] = /^ExecStart=\/bin\/sh -c '([^']*)'$/m.exec(text) ?? [];
  const command = script.replaceAll('$$', '$').replaceAll('/var/lib/dokku', host.paths.libRoot);
  return asAdministrator(host, ['/bin/sh', '-c', command]);
}

function asAdministrator(host: Sandbox, command: [string, ...string[]]): Promise<Result> {
  return host.run(command, administrator && { user: administrator });
}

function linkOf(host: Sandbox): string {
  return readlinkSync(join(host.paths.plugins, 'enabled', 'builds'));
}

for (const name of ['builds-journal', 'aaa', 'zzz']) {
  test(`after an upgrade of Dokku the service puts a plugin back that is installed as ${name}`, async (t) => {
    const host = await stockHost(t);
    copyPlugin(join(host.paths.plugins, 'available', name));
    symlinkSync(join('..', 'available', name), join(host.paths.plugins, 'enabled', name));
    expectSuccess(await asAdministrator(host, ['plugn', 'trigger', 'install']));
    host.enable('stock');
    expectSuccess(await startUnit(host, 'dokku-builds.service'));
    t.is(linkOf(host), `../available/${name}`);
  });
}

test('the service leaves a plugin alone that is disabled or uninstalled', async (t) => {
  const host = await stockHost(t);
  expectSuccess(await asAdministrator(host, [unpackPackage(host), 'host:install']));
  expectSuccess(await startUnit(host, 'dokku-builds.service'));
  t.is(linkOf(host), '../available/dokku-builds');

  expectSuccess(await asAdministrator(host, ['dokku', 'plugin:disable', 'dokku-builds']));
  expectSuccess(await startUnit(host, 'dokku-builds.service'));
  t.is(linkOf(host), '../available/builds');
  const program = join(host.paths.plugins, 'available', 'dokku-builds', 'bin', 'dokku-builds');
  t.regex(
    (await asAdministrator(host, [program, 'host:status'])).stdout,
    /To do: +sudo dokku plugin:enable dokku-builds$/m,
  );
  t.false(existsSync(join(host.paths.plugins, 'enabled', 'dokku-builds')));

  expectSuccess(await asAdministrator(host, ['dokku', 'plugin:uninstall', 'dokku-builds']));
  expectSuccess(await startUnit(host, 'dokku-builds.service')); // finds no program
  t.is(linkOf(host), '../available/builds');
});

test('the service of the fleet starts the agent under whatever name the plugin is enabled', async (t) => {
  const host = await stockHost(t);
  copyPlugin(join(host.paths.plugins, 'available', 'aaa'));
  symlinkSync(join('..', 'available', 'aaa'), join(host.paths.plugins, 'enabled', 'aaa'));
  const { code, stderr } = await startUnit(host, 'dokku-builds-fleet.service');
  t.is(code, 1);
  t.regex(stderr, /fleet:join/); // this host has not joined one
});
