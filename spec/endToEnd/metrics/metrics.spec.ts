import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, expectSuccess, type Sandbox } from '../../../scripts/sandbox/host';
import { record } from '../notifications/notified';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
  await host.createApp('shop');
  await host.createApp('blog');
  await record(host, 'one', 0);
  await record(host, 'two', 1);
  await record(host, 'three', 0, 'blog');
});

test.after.always(() => host.remove());

const metrics = async (...args: string[]) => expectSuccess(await host.dokku(['builds:metrics', ...args])).stdout;

/** The deliverer, which keeps the file up to date, has done its work. */
async function worked(): Promise<void> {
  expectSuccess(await host.run([join(host.paths.plugins, 'enabled/builds/bin/dokku-builds'), 'builds-deliver']));
  expectSuccess(await host.run(['flock', join(host.paths.builds, '.notify', 'deliverer'), 'true']));
}

const file = () => join(host.paths.builds, '.metrics', 'dokku-builds.prom');

test.serial('builds:metrics prints the whole host in OpenMetrics, or in the older format', async (t) => {
  const said = await metrics();
  t.true(said.includes('\ndokku_builds_total{app="shop",source="git-hook",kind="build",status="failed"} 1\n'));
  t.true(said.includes('\ndokku_builds_total{app="blog",source="git-hook",kind="build",status="succeeded"} 1\n'));
  t.true(said.includes('\n# TYPE dokku_builds counter\n') || said.startsWith('# TYPE dokku_builds counter\n'));
  t.true(said.endsWith('# EOF\n'));
  const older = await metrics('--format', 'prometheus');
  t.true(older.startsWith('# TYPE dokku_builds_total counter\n'));
  t.false(older.includes('# EOF'));
  t.is((await host.dokku(['builds:metrics', '--format', 'json'])).code, 1);
});

test.serial('the stored shortcut changes no answer, whether it is removed, cut or changed', async (t) => {
  const said = await metrics();
  const stored = host.file('shop', '.metrics');
  t.true(existsSync(stored));
  truncateSync(stored, 100);
  t.is(await metrics(), said);
  writeFileSync(
    stored,
    readFileSync(stored, 'utf8').replace(/failed\W+1/, (text) => text.replace('1', '7')),
  );
  t.is(await metrics(), said);
  rmSync(stored);
  t.is(await metrics(), said);
});

test.serial(
  'with the property metrics a file for the node exporter follows each event, and goes with the property',
  async (t) => {
    t.is((await host.dokku(['builds:set', 'shop', 'metrics', 'on'])).code, 1);
    t.is((await host.dokku(['builds:set', '--global', 'metrics', 'yes'])).code, 1);
    expectSuccess(await host.dokku(['builds:set', '--global', 'metrics', 'on']));
    t.is(readFileSync(file(), 'utf8'), await metrics('--format', 'prometheus'));
    t.is(statSync(file()).mode & 0o777, 0o644);
    const deploy = host.process();
    expectSuccess(await host.trigger('builds-record-start', ['shop', 'four', String(deploy.pid), 'ps:restart']));
    await worked();
    t.true(readFileSync(file(), 'utf8').includes('\ndokku_builds_running{app="shop"} 1\n'));
    expectSuccess(await host.trigger('builds-record-finalize', ['shop', 'four', '0']));
    await worked();
    const text = readFileSync(file(), 'utf8');
    t.true(text.includes('\ndokku_builds_running{app="shop"} 0\n'));
    t.true(text.includes('dokku_builds_total{app="shop",source="ps:restart",kind="deploy",status="succeeded"} 1\n'));
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    if (checked.error === undefined) t.like(checked, { status: 0, stdout: '', stderr: '' });
    expectSuccess(await host.dokku(['builds:set', '--global', 'metrics']));
    t.false(existsSync(file()));
  },
);
