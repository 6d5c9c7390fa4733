import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, expectSuccess, type Sandbox, script } from '../../scripts/sandbox/host';
import { concluded, newestBuild } from './deploys/concluded';
import { deadPid, finishedRecord, runningRecord, writeRecords } from './expectedRecord';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

const BUILD = { build: script('echo built') };

/** What every reading command says of the app, as one text; without what depends on the time of day. */
async function answers(app: string, ...ids: string[]): Promise<string> {
  const commands = [
    ['builds:list', app, '--status', 'succeeded'],
    ['builds:list', app, '--status', 'failed', '--format', 'json'],
    ['builds:list', app, '--kind', 'deploy', '--status', 'canceled'],
    ['builds:report', app],
    ['builds:report', app, '--format', 'json'],
    ...ids.flatMap((id) => [
      ['builds:info', app, id],
      ['builds:info', app, id, '--format', 'json'],
      ['builds:output', app, id],
    ]),
  ];
  const results = await Promise.all(commands.map((command) => host.dokku(command)));
  return results.map(({ code, stdout, stderr }) => `exit ${code}\n${stdout}${stderr}`).join('');
}

function recordsOf(app: string): Record<string, string> {
  const names = readdirSync(host.file(app, '')).filter((name) => name.endsWith('.json'));
  return Object.fromEntries(names.map((name) => [name, host.read(app, name)]));
}

/** An app with a build of each outcome, recorded by triggers; gives the ids. */
async function appWithBuilds(app: string): Promise<string[]> {
  await host.createApp(app);
  const canceled = host.process();
  for (const [id, pid, source, exitCode] of [
    ['good', process.pid, 'git-hook', '0'],
    ['bad', process.pid, 'git:sync', '3'],
    ['stopped', canceled.pid, 'ps:restart', undefined],
  ] as const) {
    await host.trigger('builds-record-start', [app, id, String(pid), source]);
    host.write(host.file(app, `${id}.log`), `output of ${id}\n`);
    if (exitCode !== undefined) expectSuccess(await host.trigger('builds-record-finalize', [app, id, exitCode]));
  }
  host.write(host.lockPath(app), 'stopped\n');
  expectSuccess(await host.dokku(['builds:cancel', app]));
  return ['good', 'bad', 'stopped'];
}

test('an app without its records is shown as before, and the next command that writes restores them byte for byte', async (t) => {
  const ids = await appWithBuilds('shop');
  const [records, told] = [recordsOf('shop'), await answers('shop', ...ids)];
  t.is(Object.keys(records).length, 3);
  t.regex(told, /"status":"failed"/);
  const remove = () => {
    for (const name of Object.keys(records)) rmSync(host.file('shop', name), { force: true });
  };

  remove();
  t.is(await answers('shop', ...ids), told);
  remove(); // whoever reads may have put them back
  expectSuccess(await host.dokku(['builds:prune', 'shop']));
  t.deepEqual(recordsOf('shop'), records);

  remove();
  await host.trigger('builds-record-start', ['shop', 'next', String(process.pid), 'deploy']);
  const { ['next.json']: next, ...others } = recordsOf('shop');
  t.regex(next ?? '', /"status": "running"/);
  t.deepEqual(others, {}, 'a deploy reads and writes its own record and no other');
  expectSuccess(await host.trigger('builds-record-finalize', ['shop', 'next', '0']));
});

test('everything that is stored beside the journal and the logs can be deleted', async (t) => {
  const ids = await appWithBuilds('bare');
  const told = await answers('bare', ...ids);
  for (const name of readdirSync(host.file('bare', ''))) {
    if (name !== 'events.journal' && !name.endsWith('.log')) rmSync(host.file('bare', name), { recursive: true });
  }
  t.is(await answers('bare', ...ids), told);
});

test('the end of a build that another program started is recorded, although its record was never read before', async (t) => {
  await host.createApp('taken');
  writeRecords(host, runningRecord('taken', 'stock-1', 1, process.pid));
  expectSuccess(await host.trigger('builds-record-finalize', ['taken', 'stock-1', '3']));
  const { status, exit_code: exitCode } = JSON.parse(host.read('taken', 'stock-1.json')) as Record<string, unknown>;
  t.deepEqual({ status, exitCode }, { status: 'failed', exitCode: 3 });
});

test('a build whose process is gone shows as abandoned, and no file ever says so', async (t) => {
  await host.createApp('left');
  const deploy = { build: 'stock-1' }; // something else recorded it, so nobody waits for its end
  writeRecords(host, runningRecord('left', deploy.build, 1, deadPid));
  host.write(host.lockPath('left'), `${deploy.build}\n`);
  const record = host.read('left', `${deploy.build}.json`);

  const { stdout } = await host.dokku(['builds:list', 'left']);
  t.regex(stdout, new RegExp(`^${deploy.build} +build +abandoned `, 'm'));
  t.regex((await host.dokku(['builds:info', 'left', deploy.build])).stdout, /^ {7}Status: +abandoned$/m);
  t.is((await host.dokku(['builds:report', 'left', '--build-status'])).stdout, 'abandoned\n');
  t.notRegex((await host.dokku(['builds:list'])).stdout, /^left /m);
  t.regex((await host.dokku(['builds:list', '--status', 'abandoned'])).stdout, /^left /m);
  t.is(host.read('left', `${deploy.build}.json`), record);
  for (const name of readdirSync(host.file('left', ''))) t.false(host.read('left', name).includes('abandoned'), name);

  // The lock of the dead is not a hindrance, and the end of the next deploy concludes the one before.
  await host.commit('left', BUILD);
  t.is((await host.dokku(['ps:rebuild', 'left'])).code, 0);
  t.is(await concluded(host, 'left', deploy.build), 'failed');
});

test('ps:restart --all restarts every app, and no app named --all is recorded', async (t) => {
  const all = await createSandbox();
  try {
    await all.createApp('first', { start: script('echo started') });
    await all.createApp('second', { start: script('echo started') });
    const { code, stdout, stderr } = await all.dokku(['ps:restart', '--all']);
    t.is(code, 0, stderr);
    t.is([...stdout.matchAll(/^started$/gm)].length, 2);
    for (const app of ['first', 'second']) {
      t.is(await concluded(all, app, await newestBuild(all, app)), 'succeeded');
      t.regex((await all.dokku(['builds:list', app])).stdout, / deploy +succeeded .* ps:restart /);
    }
    t.is((await all.dokku(['builds:list'])).stdout, 'No builds currently running\n');
    t.is((await all.dokku(['builds:list', '--status', 'abandoned'])).stdout, 'No builds currently running\n');
    t.notRegex((await all.dokku(['builds:report'])).stdout, /--all/);
    t.is((await all.dokku(['builds:prune', '--all-apps'])).code, 0);
    t.false(existsSync(join(all.paths.builds, '--all')));
  } finally {
    await all.remove();
  }
});

test('a deploy of an app that does not exist is never shown', async (t) => {
  const { code, stderr } = await host.dokku(['ps:rebuild', 'ghost']);
  t.is(code, 20);
  t.regex(stderr, /^ ! {5}App ghost does not exist$/m);
  t.is((await host.dokku(['builds:list', 'ghost'])).code, 20);
  for (const args of [[], ['--status', 'abandoned']]) {
    t.notRegex((await host.dokku(['builds:list', ...args])).stdout, /ghost/);
  }
  t.notRegex((await host.dokku(['builds:report'])).stdout, /ghost/);
  await host.createApp('ghost');
  t.is((await host.dokku(['builds:list', 'ghost'])).stdout, 'No builds recorded for this app\n');
});

test('a poll that finds nothing to build leaves no record, whether the host discards it or not', async (t) => {
  await host.createApp('polled');
  const repository = await host.createRepository(BUILD);
  const poll = async (env: Record<string, string> = {}) =>
    expectSuccess(await host.dokku(['git:sync', '--build-if-changes', 'polled', repository], { env }));
  await poll();
  const shown = async () => {
    const { stdout } = await host.dokku(['builds:list', 'polled', '--format', 'json']);
    return (JSON.parse(stdout) as { display_status: string }[]).map((one) => one.display_status);
  };
  t.deepEqual(await shown(), ['succeeded']);
  t.regex((await poll()).stdout, /no changes were detected/);
  t.is(await concluded(host, 'polled', await newestBuild(host, 'polled')), undefined);
  t.deepEqual(await shown(), ['succeeded']);
  const files = readdirSync(host.file('polled', '')).sort();
  await poll({ SANDBOX_DISCARDS: '1' });
  t.deepEqual(await shown(), ['succeeded']);
  t.deepEqual(readdirSync(host.file('polled', '')).sort(), files, 'record and log of the discarded build are gone');
});

test('a clone that fails for want of credentials leaves a failed record with its output', async (t) => {
  const server = createServer((_, response) => {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="private"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await host.createApp('private');
    const { port } = server.address() as AddressInfo;
    const { code } = await host.dokku(['git:sync', 'private', `http://127.0.0.1:${port}/private.git`]);
    t.not(code, 0);
    t.is(await concluded(host, 'private', await newestBuild(host, 'private')), 'failed');
    const { stdout } = await host.dokku(['builds:list', 'private', '--status', 'failed', '--format', 'json']);
    const [build] = JSON.parse(stdout) as [{ id: string; source: string }];
    t.is(build.source, 'git:sync');
    t.regex((await host.dokku(['builds:output', 'private', build.id])).stdout, /^fatal: could not read Username/m);
    t.is(host.lock('private'), undefined);
  } finally {
    server.close();
  }
});

test('a postdeploy task that fails fails the deploy', async (t) => {
  await host.createApp('tasked');
  const { code } = await host.push('tasked', { ...BUILD, postdeploy: script('echo migrating', 'exit 9') });
  t.is(code, 1);
  const { stdout } = await host.dokku(['builds:list', 'tasked', '--status', 'failed', '--format', 'json']);
  const [build] = JSON.parse(stdout) as [{ id: string }];
  t.like(build, { exit_code: 9, source: 'git-hook' });
  t.regex(host.read('tasked', `${build.id}.log`), /^migrating\n$/m);
});

test('a reader sees the same while another process adopts', async (t) => {
  for (const app of ['adopted-a', 'adopted-b', 'adopted-c', 'adopted-d', 'adopted-e']) {
    await host.createApp(app);
    writeRecords(host, finishedRecord(app, 'done', 1), runningRecord(app, 'dead', 2, deadPid));
    const reads = Array.from({ length: 6 }, () =>
      host.dokku(['builds:list', app, '--kind', 'build', '--format', 'json']),
    );
    for (const { stdout } of await Promise.all(reads)) {
      t.deepEqual(
        (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id),
        ['dead', 'done'],
      );
    }
  }
});

test('records that a stock Dokku has written are adopted, and stay as they are on its return', async (t) => {
  const mixed = await createSandbox({ tracking: 'stock' });
  try {
    await mixed.createApp('shop', BUILD);
    expectSuccess(await mixed.dokku(['ps:rebuild', 'shop']));
    const [name = ''] = readdirSync(mixed.file('shop', '')).filter((one) => one.endsWith('.json'));
    const [id, stock] = [name.replace('.json', ''), mixed.read('shop', name)];
    mixed.enable('copy');
    expectSuccess(await mixed.trigger('install', []));
    expectSuccess(await mixed.dokku(['ps:restart', 'shop']));
    t.is(await concluded(mixed, 'shop', await newestBuild(mixed, 'shop')), 'succeeded');
    const listed = (await mixed.dokku(['builds:list', 'shop'])).stdout;
    t.regex(listed, new RegExp(`^${id} +build +succeeded `, 'm'));
    t.regex(listed, /^\w+ +deploy +succeeded .* ps:restart /m);
    t.is(mixed.read('shop', name), stock);

    mixed.enable('stock');
    expectSuccess(await mixed.dokku(['ps:start', 'shop']));
    mixed.enable('copy');
    const sources = async () => {
      const { stdout } = await mixed.dokku(['builds:list', 'shop', '--status', 'succeeded', '--format', 'json']);
      return (JSON.parse(stdout) as { source: string }[]).map(({ source }) => source);
    };
    t.deepEqual(await sources(), ['deploy', 'ps:restart', 'ps:rebuild']);
  } finally {
    await mixed.remove();
  }
});
