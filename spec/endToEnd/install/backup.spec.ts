import { rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, expectSuccess, type Sandbox, script } from '../../../scripts/sandbox/host';

interface Event {
  readonly seq: number;
  readonly id: string;
}

async function eventsOf(host: Sandbox): Promise<Event[]> {
  const { stdout } = expectSuccess(await host.dokku(['builds:events', 'shop', '--format', 'json']));
  return JSON.parse(stdout) as Event[];
}

/** As docs/operations.md has it. */
const backUp = (host: Sandbox, archive: string) =>
  host.run([
    'tar',
    '--warning=no-file-changed',
    '-czf',
    archive,
    '-C',
    host.paths.libRoot,
    'data/builds',
    'config/builds',
  ]);

test('copies taken while deploys run restore to a valid history, on another host', async (t) => {
  const host = await createSandbox();
  t.teardown(() => host.remove());
  await host.createApp('shop', { build: script('echo compiled') });
  expectSuccess(await host.dokku(['builds:set', 'shop', 'retention', '3']));

  let deploying = true as boolean;
  const deploys = (async () => {
    for (let i = 0; i < 8; i += 1) expectSuccess(await host.program(['capture', 'shop', '--', 'echo', String(i)]));
    deploying = false;
  })();
  const archives: string[] = [];
  while (deploying) {
    const archive = join(host.paths.tmp, `backup-${archives.length}.tar.gz`);
    const { code } = await backUp(host, archive);
    t.true(code === 0 || code === 1); // 1: a file changed or went while it was read
    archives.push(archive);
  }
  await deploys;
  const original = await eventsOf(host);
  t.true(archives.length > 0);

  const lengths = new Set<number>();
  for (const archive of archives.slice(-6)) {
    const other = await createSandbox();
    try {
      await other.createApp('shop', { build: script('echo compiled') });
      expectSuccess(await other.run(['tar', '-xzf', archive, '-C', other.paths.libRoot]));
      expectSuccess(await other.trigger('install', []));
      expectSuccess(await other.dokku(['builds:replay']));
      const verified = await other.dokku(['builds:verify']);
      t.is(verified.code, 0, verified.stdout + verified.stderr);
      const restored = await eventsOf(other);
      const known = restored.filter(({ id }) => original.some((one) => one.id === id));
      t.deepEqual(known, original.slice(0, known.length)); // its beginning, and nothing left out
      lengths.add(known.length);

      expectSuccess(await other.dokku(['ps:rebuild', 'shop']));
      expectSuccess(await other.dokku(['builds:prune', 'shop']));
      expectSuccess(await other.dokku(['builds:verify', 'shop']));
      t.is(expectSuccess(await other.dokku(['builds:report', 'shop', '--builds-retention'])).stdout, '3\n');
    } finally {
      await other.remove();
    }
  }
  t.true(Math.max(...lengths) > 0);
});

test('a journal put back on its own host goes on from there, and what was recorded since is adopted', async (t) => {
  const host = await createSandbox();
  t.teardown(() => host.remove());
  await host.createApp('shop', { build: script('echo compiled') });
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  const journal = host.file('shop', 'events.journal');
  expectSuccess(await host.run(['cp', '-p', journal, join(host.paths.tmp, 'shop.journal')]));
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  const before = await eventsOf(host);

  expectSuccess(await host.run(['cp', '-p', join(host.paths.tmp, 'shop.journal'), `${journal}.restored`]));
  expectSuccess(await host.run(['mv', `${journal}.restored`, journal]));
  expectSuccess(await host.dokku(['builds:replay', 'shop']));
  const after = await eventsOf(host);
  t.deepEqual(after.slice(0, 2), before.slice(0, 2));
  t.is(after.length, before.length);
  t.is((expectSuccess(await host.dokku(['builds:list', 'shop'])).stdout.match(/succeeded/g) ?? []).length, 2);
  expectSuccess(await host.dokku(['builds:verify', 'shop']));
});

test('a copy that was cut off in mid-event restores to everything before it', async (t) => {
  const host = await createSandbox();
  t.teardown(() => host.remove());
  await host.createApp('shop', { build: script('echo compiled') });
  for (const source of ['ps:rebuild', 'ps:rebuild']) expectSuccess(await host.dokku([source, 'shop']));
  const before = await eventsOf(host);
  const journal = host.file('shop', 'events.journal');
  rmSync(host.file('shop', 'events.checkpoint'), { force: true });
  truncateSync(journal, statSync(journal).size - 10);
  expectSuccess(await host.trigger('install', []));
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  expectSuccess(await host.dokku(['builds:verify', 'shop']));
  const after = await eventsOf(host);
  t.deepEqual(after.slice(0, 3), before.slice(0, 3));
  t.is(after.length, 6); // the end that was cut off is adopted from its record
});
