import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { createSandbox, expectSuccess, type Result, type Sandbox, script } from '../../../scripts/sandbox/host';
import { cannotTrace } from '../durability/tracing';
import { unless } from '../durability/unless';
import { killPoints, rehearse, runKilled } from './killed';
import { administrator, dokkuUser, unpackPackage } from './package';

const app = { build: script('echo compiled') };

interface Installing {
  readonly host: Sandbox;
  readonly program: string;
  /** `dokku-builds ARGS` of the unpacked package, as the administrator. */
  readonly run: (...args: string[]) => Promise<Result>;
}

/** A host with the stock plugin, on which an app has been deployed twice, and the unpacked package. */
async function stockHost(t: ExecutionContext): Promise<Installing> {
  const host = await createSandbox({ tracking: 'stock', user: dokkuUser });
  t.teardown(() => host.remove());
  await host.createApp('shop', app);
  for (const source of ['ps:rebuild', 'ps:rebuild']) expectSuccess(await host.dokku([source, 'shop']));
  const program = unpackPackage(host);
  const run = (...args: string[]) => host.run([program, ...args], administrator && { user: administrator });
  return { host, program, run };
}

async function statusOf({ run }: Installing): Promise<Record<string, unknown> & { code: number | null }> {
  const { code, stdout } = await run('host:status', '--format', 'json');
  return { ...(JSON.parse(stdout) as Record<string, unknown>), code };
}

function linkOf(host: Sandbox): string {
  return readlinkSync(join(host.paths.plugins, 'enabled', 'builds'));
}

/** Which tree the name that stays the same over all versions leads to. */
function stableLinkOf(host: Sandbox): string {
  return readlinkSync(join(host.paths.plugins, 'available', 'dokku-builds'));
}

function recordsOf(host: Sandbox): string[] {
  return readdirSync(join(host.paths.builds, 'shop')).filter((name) => name.endsWith('.json'));
}

/** Sequence, type and build of every event. */
async function eventsOf(host: Sandbox): Promise<string[]> {
  const { stdout } = expectSuccess(await host.dokku(['builds:events', 'shop', '--format', 'jsonl']));
  const events = stdout.split('\n').filter((line) => line !== '');
  return events.map((line) => {
    const { seq, type, build } = JSON.parse(line) as { seq: number; type: string; build: string };
    return `${seq} ${type} ${build}`;
  });
}

async function assertIntact(t: ExecutionContext, host: Sandbox): Promise<void> {
  const { code, stdout, stderr } = await host.dokku(['builds:verify', '--all-apps']);
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  t.regex(stdout, /Verified shop: intact/);
}

/**
 * Everything below the data and config directories belongs to the host's user, and no journal is for everyone to read.
 */
function assertOwned(t: ExecutionContext, host: Sandbox): void {
  for (const root of [host.paths.builds, join(host.paths.config, 'builds')]) {
    for (const name of ['.', ...(readdirSync(root, { recursive: true }) as string[])]) {
      const { uid, mode } = lstatSync(join(root, name));
      t.is(uid, lstatSync(host.paths.dokkuRoot).uid, name);
      if (/events\.(journal|checkpoint)$/.test(name)) t.is(mode & 0o007, 0, name);
    }
  }
}

test('install, deploy, Dokku upgrade, install again, uninstall, install once more: the history goes on', async (t) => {
  const installing = await stockHost(t);
  const { host, run } = installing;
  t.like(await statusOf(installing), { code: 1, installed: false, answers: 'another plugin', version: '0.38.0' });

  const dry = expectSuccess(await run('host:install', '--dry-run'));
  t.regex(dry.stdout, /Pointing .*\/enabled\/builds at/);
  t.is(linkOf(host), '../available/builds');
  t.false(existsSync(join(host.paths.builds, 'shop', 'events.journal')));

  const installed = expectSuccess(await run('host:install'));
  t.regex(installed.stdout, /existing records are in the journal\n-----> It answers dokku builds/);
  t.like(await statusOf(installing), { code: 0, mode: 'replace', before: '../available/builds', to_do: null });
  const afterInstall = await eventsOf(host);
  t.is(afterInstall.length, 4); // two starts, two ends, adopted
  assertOwned(t, host);

  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  t.is((await eventsOf(host)).length, 6);

  host.enable('stock'); // what an upgrade of the package dokku does
  t.like(await statusOf(installing), { code: 1, put_back: true, answers: 'another plugin' });
  expectSuccess(await run('host:install', '--again'));
  t.like(await statusOf(installing), { code: 0, put_back: false });
  host.enable('stock'); // and the next deploy notices
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  t.like(await statusOf(installing), { code: 0, put_back: false });
  t.is((await eventsOf(host)).length, 8); // what the stock plugin has recorded meanwhile is adopted

  expectSuccess(await run('host:uninstall'));
  t.is(linkOf(host), '../available/builds');
  t.deepEqual(
    readdirSync(join(host.paths.plugins, 'available')).filter((name) => name.includes('dokku-builds')),
    [],
  );
  t.is(recordsOf(host).length, 4); // the stock plugin reads on
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));

  expectSuccess(await run('host:install'));
  const events = await eventsOf(host);
  t.deepEqual(events.slice(0, afterInstall.length), afterInstall);
  t.is(events.length, 10);
  t.is(recordsOf(host).length, 5);
  await assertIntact(t, host);
  assertOwned(t, host);
});

test('installing what is installed changes nothing, and says so by doing nothing', async (t) => {
  const { host, run } = await stockHost(t);
  expectSuccess(await run('host:install'));
  const { ino, ctimeMs } = lstatSync(join(host.paths.plugins, 'enabled'));
  const again = expectSuccess(await run('host:install'));
  t.notRegex(again.stdout, /Pointing|Copying|Recording|Removing/);
  t.regex(again.stdout, /It answers dokku builds\n-----> Verified the histories of 1 app: intact/);
  t.like(lstatSync(join(host.paths.plugins, 'enabled')), { ino, ctimeMs }); // or a path unit would run for ever
});

test('if a journal cannot be written, host:install and host:uninstall do not say that all is recorded', async (t) => {
  const { host, run } = await stockHost(t);
  mkdirSync(join(host.paths.builds, 'shop', 'events.journal'));
  for (const name of ['host:install', 'host:uninstall']) {
    const { code, stdout, stderr } = await run(name);
    t.is(code, name === 'host:install' ? 1 : 0); // uninstalling must work all the same
    t.regex(stderr, /^ ! {5}Some records do not agree with their journals: see above$/m);
    t.notRegex(stdout, /records are in the journal/);
  }
  t.is(linkOf(host), '../available/builds');
});

test('host:install --in-place copies the plugin if another one has the name dokku-builds', async (t) => {
  const installing = await stockHost(t);
  const { host, run } = installing;
  mkdirSync(join(host.paths.plugins, 'available', 'dokku-builds'));
  expectSuccess(await run('host:install', '--in-place'));
  t.like(await statusOf(installing), { code: 0, installed: true, name: null });
  t.regex(linkOf(host), /^\.\.\/available\/\.dokku-builds-/);
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  t.is((await eventsOf(host)).length, 6);
});

test('another build of the plugin takes over in one rename, and the one before stays to go back to', async (t) => {
  const { host, run } = await stockHost(t);
  expectSuccess(await run('host:install'));
  const before = stableLinkOf(host);
  const newer = unpackPackage(host, 'newer');
  const toml = join(host.paths.tmp, 'newer', 'plugin.toml');
  host.write(toml, readFileSync(toml, 'utf8').replace(/version = ".*"/, 'version = "9.9.9"'));
  expectSuccess(await host.run([newer, 'host:install'], administrator && { user: administrator }));
  t.is(linkOf(host), '../available/dokku-builds');
  t.regex(stableLinkOf(host), /^\.dokku-builds-9\.9\.9-[0-9a-f]{8}$/);
  const older = join(host.paths.plugins, 'available', before, 'bin', 'dokku-builds');
  expectSuccess(await host.run([older, 'host:install'], administrator && { user: administrator }));
  t.is(stableLinkOf(host), before);
});

test('an uninstall after Dokku has put its own link back only cleans up', async (t) => {
  const { host, run } = await stockHost(t);
  expectSuccess(await run('host:install'));
  host.enable('stock');
  const { stdout } = expectSuccess(await run('host:uninstall'));
  t.notRegex(stdout, /Pointing/);
  t.is(linkOf(host), '../available/builds');
  t.false(existsSync(join(host.paths.plugins, 'dokku-builds.json')));
  const again = expectSuccess(await run('host:install', '--again')); // what a path unit does that was left enabled
  t.regex(again.stdout, /nothing to install again/);
  t.is(linkOf(host), '../available/builds');
});

test('files of a killed installer are removed by the next run, and old ones even if its pid was reused', async (t) => {
  const { host, run } = await stockHost(t);
  const enabled = join(host.paths.plugins, 'enabled');
  const [old, gone, young] = [
    `.builds.${process.pid}.tmp`,
    `.builds.${2 ** 22 + 1}.tmp`,
    `.builds.${process.ppid}.tmp`,
  ];
  for (const name of [old, gone, young]) host.write(join(enabled, name), '');
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 60 * 60;
  utimesSync(join(enabled, old), twoDaysAgo, twoDaysAgo);
  expectSuccess(await run('host:install'));
  t.deepEqual(
    readdirSync(enabled).filter((name) => name.endsWith('.tmp')),
    [young],
  );
});

test('a host without Dokku, and a plugin directory that is not a link, are refused with a sentence', async (t) => {
  const { host, program, run } = await stockHost(t);
  const nowhere = await host.run([program, 'host:install'], { env: { PLUGIN_PATH: '/nonexistent' } });
  t.is(nowhere.code, 1);
  t.regex(nowhere.stderr, /^ ! {5}There is no Dokku here: \/nonexistent\/enabled is missing/);
  const link = join(host.paths.plugins, 'enabled', 'builds');
  expectSuccess(await host.run(['sh', '-c', `rm '${link}' && mkdir '${link}'`]));
  const refused = await run('host:install');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /enabled\/builds is not a link/);
});

test('a deploy that runs while the plugin comes or goes ends in the right record all the same', async (t) => {
  const { host, run } = await stockHost(t);
  for (const verb of ['host:install', 'host:uninstall', 'host:install']) {
    const gate = host.gate();
    await host.commit('shop', { build: script(gate.announced('waiting')) });
    const deploy = await host.startDeploy('shop', ['ps:rebuild', 'shop'], 'waiting');
    expectSuccess(await run(verb));
    gate.open();
    expectSuccess(await deploy.finished);
    t.like(host.record('shop', deploy.build), { status: 'succeeded', exit_code: 0, pid: deploy.deployPid }, verb);
  }
  await assertIntact(t, host);
  t.is(await eventsOf(host).then(({ length }) => length), 10);
});

for (const [what, prepare, verb] of [
  ['installer', 'host:uninstall', 'host:install'],
  ['uninstaller', 'host:install', 'host:uninstall'],
] as const) {
  unless(cannotTrace)(
    `the ${what} can be killed at every step: a deploy works right then, and the next run completes it`,
    async (t) => {
      const installing = await stockHost(t);
      const { host, program, run } = installing;
      const options = administrator && { user: administrator };
      expectSuccess(await run('host:install'));
      expectSuccess(await host.dokku(['builds:set', '--global', 'retention', '1000'])); // so that every deploy counts
      expectSuccess(await run(prepare));
      const { result, changes } = await rehearse(host, [program, verb], options);
      expectSuccess(result);
      t.true(killPoints(changes).length > 5);
      let builds = recordsOf(host).length;
      for (const change of killPoints(changes)) {
        expectSuccess(await run(prepare));
        const killed = await runKilled(host, [program, verb], change, options);
        t.is(killed.signal, 'SIGKILL', `${change.call} ${change.nth}: ${change.what}`);
        expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
        expectSuccess(await run(verb));
        t.is((await statusOf(installing)).code, verb === 'host:install' ? 0 : 1);
        builds += 1;
        t.is(recordsOf(host).length, builds);
        const debris = readdirSync(host.paths.plugins, { recursive: true }).filter((name) =>
          String(name).includes('.tmp'),
        );
        t.deepEqual(debris, []);
      }
      expectSuccess(await run('host:install'));
      t.is(recordsOf(host).length, builds);
      await assertIntact(t, host);
      assertOwned(t, host);
    },
  );
}
