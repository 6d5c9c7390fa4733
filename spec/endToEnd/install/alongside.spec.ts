import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { createSandbox, expectSuccess, type Sandbox, script } from '../../../scripts/sandbox/host';
import { administrator, dokkuUser, unpackPackage } from './package';

const app = { build: script('echo compiled') };

/** A host on which the stock plugin answers and ours journals, with an app that is deployed once. */
async function journalingHost(t: ExecutionContext): Promise<{ host: Sandbox; program: string }> {
  const host = await createSandbox({ tracking: 'stock', user: dokkuUser });
  t.teardown(() => host.remove());
  const program = unpackPackage(host);
  expectSuccess(await host.run([program, 'host:install', '--alongside'], administrator && { user: administrator }));
  await host.createApp('shop', app);
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  return { host, program };
}

interface Event {
  readonly type: string;
  readonly build: string | null;
  readonly builds?: readonly string[];
  readonly status?: string;
  readonly reason?: string;
  readonly actor?: { readonly key?: string };
  readonly pid?: number;
  readonly start_ticks?: number;
}

async function eventsOf(host: Sandbox, name = 'shop'): Promise<Event[]> {
  const { stdout } = expectSuccess(await host.dokku(['builds-journal:events', name, '--format', 'jsonl']));
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);
}

function recordIds(host: Sandbox): string[] {
  const names = readdirSync(join(host.paths.builds, 'shop'));
  return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
}

/** What the files are that the stock plugin keeps: names and bytes. */
function stockFiles(host: Sandbox): Record<string, string> {
  const names = readdirSync(join(host.paths.builds, 'shop')).filter((name) => /\.(json|log)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, host.read('shop', name)]));
}

async function assertIntact(t: ExecutionContext, host: Sandbox): Promise<void> {
  const { code, stderr } = await host.dokku(['builds-journal:verify', '--all-apps']);
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
}

test('alongside, the stock plugin makes the ids and keeps the records, and the journal says who deployed', async (t) => {
  const { host } = await journalingHost(t);
  const [id = ''] = recordIds(host);
  t.regex(id, /^stock/);
  const [started, finished, ...others] = await eventsOf(host);
  t.like(started, {
    type: 'BuildStarted',
    build: id,
    actor: { user: 'dokku', key: 'admin' },
    pid: host.record('shop', id)['pid'],
  });
  t.is(typeof started?.start_ticks, 'number');
  t.like(finished, { type: 'BuildFinished', build: id, status: 'succeeded' });
  t.deepEqual(others, []);
  t.regex((await host.dokku(['builds'])).stdout, /the stock builds plugin/);
  t.regex((await host.dokku(['builds-journal'])).stdout, /^Usage: dokku builds-journal/);
  t.false(existsSync(join(host.paths.plugins, 'enabled/builds-journal/builds-generate-id')));
  await assertIntact(t, host);
});

test('alongside, no command touches what the stock plugin wrote, and those that would are not there', async (t) => {
  const { host, program } = await journalingHost(t);
  const [id = ''] = recordIds(host);
  const before = stockFiles(host);
  for (const args of [
    ['list', 'shop'],
    ['info', 'shop', id],
    ['report', 'shop'],
    ['replay', 'shop'],
    ['verify', 'shop'],
    ['list'],
  ]) {
    expectSuccess(await host.dokku([`builds-journal:${args[0] ?? ''}`, ...args.slice(1)]));
  }
  t.regex(expectSuccess(await host.dokku(['builds-journal:output', 'shop', id])).stdout, /compiled/);
  const installed = join(host.paths.plugins, 'enabled', 'builds-journal', 'bin', 'dokku-builds');
  for (const command of ['prune', 'cancel', 'set', 'capture']) {
    t.not((await host.dokku([`builds-journal:${command}`, 'shop'])).code, 0);
    const direct = await host.run([installed, command, 'shop']);
    t.is(direct.code, 1);
    t.regex(direct.stderr, new RegExp(`The stock plugin answers builds:${command} here`));
  }
  expectSuccess(await host.run([program, 'host:install', '--alongside'], administrator && { user: administrator }));
  t.deepEqual(stockFiles(host), before);
});

test('alongside, the decisions of the stock plugin are journaled: an end, a cancel, a discard, a prune', async (t) => {
  const { host } = await journalingHost(t);
  const [kept = ''] = recordIds(host);

  const process = host.process();
  const start = (id: string) => host.trigger('builds-record-start', ['shop', id, String(process.pid), 'git-hook']);
  const end = (id: string, status: string, code: number) => {
    const record = { ...host.record('shop', id), status, finished_at: new Date().toISOString(), exit_code: code };
    host.write(host.file('shop', `${id}.json`), JSON.stringify(record));
  };
  expectSuccess(await start('canceled000001'));
  end('canceled000001', 'canceled', -1); // builds:cancel of the stock plugin; then the dying deploy finalizes
  expectSuccess(await host.trigger('builds-record-finalize', ['shop', 'canceled000001', '131']));

  expectSuccess(await start('discarded00001'));
  rmSync(host.file('shop', 'discarded00001.json'));
  expectSuccess(await host.trigger('builds-record-discard', ['shop', 'discarded00001']));

  expectSuccess(await start('unheard0000001'));
  end('unheard0000001', 'failed', -1); // reaped by the stock plugin, no trigger tells
  rmSync(host.file('shop', `${kept}.json`)); // its retention
  rmSync(host.file('shop', `${kept}.log`));

  const said = (await eventsOf(host))
    .slice(2)
    .map(({ type, build, builds, status, reason }) =>
      [type, build ?? builds?.join(' '), status ?? reason].filter((part) => part !== undefined).join(' '),
    );
  t.deepEqual(said, [
    'BuildStarted canceled000001',
    'BuildCanceled canceled000001',
    'BuildStarted discarded00001',
    'Pruned discarded00001 discarded',
    'BuildStarted unheard0000001',
    'BuildFinished unheard0000001 failed',
    `Pruned ${kept} retention`,
  ]);
  await assertIntact(t, host);
});

test('alongside, a reader that was faster than the trigger makes no difference', async (t) => {
  const { host } = await journalingHost(t);
  const record = {
    id: 'raced000000001',
    app: 'shop',
    kind: 'build',
    pid: process.pid,
    started_at: '2026-04-30T13:50:00Z',
  };
  host.write(
    host.file('shop', 'raced000000001.json'),
    JSON.stringify({ ...record, status: 'running', source: 'git-hook' }),
  );
  t.regex(
    (await host.dokku(['builds-journal:list'])).stdout + (await host.dokku(['builds-journal:list', 'shop'])).stdout,
    /raced/,
  );
  const tree = join(host.paths.plugins, 'enabled', 'builds-journal');
  const late = await host.run([
    join(tree, 'builds-record-start'),
    'shop',
    'raced000000001',
    String(process.pid),
    'git-hook',
  ]);
  t.deepEqual([late.code, late.stderr], [0, '']);
  const starts = (await eventsOf(host)).filter(
    ({ type, build }) => type === 'BuildStarted' && build === 'raced000000001',
  );
  t.is(starts.length, 1);
});

test('alongside, the journal moves with an app that the stock plugin renames, and is removed with a destroyed one', async (t) => {
  const { host } = await journalingHost(t);
  const before = await eventsOf(host);
  renameSync(join(host.paths.builds, 'shop'), join(host.paths.builds, 'store')); // what the stock plugin does
  expectSuccess(await host.dokku(['apps:rename', 'shop', 'store']));
  t.deepEqual(
    (await eventsOf(host, 'store')).map(({ build }) => build),
    before.map(({ build }) => build),
  );
  const records = readdirSync(join(host.paths.builds, 'store')).filter((name) => /\.(json|log)$/.test(name));
  expectSuccess(await host.dokku(['apps:destroy', 'store', '--force']));
  t.deepEqual(readdirSync(join(host.paths.builds, 'store')).sort(), records.sort()); // the rest is the stock plugin's to remove
});

test('from alongside to in place and back again, the journal goes on and the records stay true', async (t) => {
  const { host, program } = await journalingHost(t);
  const run = async (...args: string[]) =>
    expectSuccess(await host.run([program, ...args], administrator && { user: administrator }));
  await run('host:install');
  t.false(existsSync(join(host.paths.plugins, 'enabled', 'builds-journal')));
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  t.is((expectSuccess(await host.dokku(['builds:list', 'shop'])).stdout.match(/succeeded/g) ?? []).length, 2);
  expectSuccess(await host.dokku(['builds:verify', 'shop']));
  await run('host:install', '--alongside');
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  t.is((await eventsOf(host)).filter(({ type }) => type === 'BuildFinished').length, 3);
  const status = JSON.parse((await run('host:status', '--format', 'json')).stdout) as object;
  t.like(status, { mode: 'alongside', answers: 'another plugin', to_do: null });
  await run('host:uninstall');
  t.is((await host.run([program, 'host:status'])).code, 1);
  t.true(readFileSync(host.file('shop', 'events.journal')).length > 0);
  t.is(recordIds(host).length, 3);
});
