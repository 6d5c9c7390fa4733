import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import type { BuildEvent, BuildView } from '../../../commands/api/buildTypes';
import { openHost } from '../../../commands/api/openHost';
import { finishedRecord, writeRecords } from '../expectedRecord';
import { createSandbox, type Sandbox, script } from '../../../scripts/sandbox/host';

/*
 * The library as somebody has it who installed the npm package: packed with npm, unpacked as npm does, with no other
 * package beside it.
 */

const ROOT = join(__dirname, '..', '..', '..');
let host: Sandbox;
let consumer: string;

test.before(async () => {
  host = await createSandbox();
  consumer = realpathSync(mkdtempSync(join(tmpdir(), 'dokku-builds-consumer-')));
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', consumer], { cwd: ROOT });
  const [tarball] = (await readdir(consumer)).filter((name) => name.endsWith('.tgz'));
  const target = join(consumer, 'node_modules', 'dokku-builds');
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', join(consumer, tarball ?? ''), '--strip-components=1', '-C', target]);
  for (const app of ['shop', 'blog']) {
    await host.createApp(app);
    await record(app, `${app}1`, 0);
    await record(app, `${app}2`, 1);
  }
});

test.after.always(async () => {
  await host.remove();
  rmSync(consumer, { recursive: true, force: true });
});

async function record(app: string, id: string, exitCode: number): Promise<void> {
  await host.trigger('builds-record-start', [app, id, String(process.pid), 'git-hook']);
  await host.trigger('builds-record-finalize', [app, id, String(exitCode)]);
}

/** Runs `text` as the file `name` of the consumer. */
function run(name: string, text: string) {
  writeFileSync(join(consumer, name), text);
  return host.start(['node', name], { cwd: consumer });
}

const opened = () => openHost({ dokkuRoot: host.paths.dokkuRoot, libRoot: host.paths.libRoot });

async function json(...args: string[]): Promise<unknown> {
  return JSON.parse((await host.dokku([...args, '--format', 'json'])).stdout) as unknown;
}

test('the example of the documentation runs against the installed package, and follows what comes', async (t) => {
  const page = readFileSync(join(ROOT, 'docs', 'api.md'), 'utf8');
  const [, example = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  t.true(example.trim().split('\n').length < 15);
  const running = run('example.mjs', example);
  await running.until('shop: failed\n');
  await host.createApp('made-meanwhile');
  await record('made-meanwhile', 'new1', 0);
  await running.until(/^made-meanwhile new1 succeeded after \d+s$/m);
  running.signal('SIGTERM');
  t.notRegex((await running.finished).stdout, /shop1/);
});

test('it is imported by name from ES modules and required from CommonJS, and nothing else can be', async (t) => {
  const { stdout } = await run(
    'all.mjs',
    `import * as all from 'dokku-builds'; console.log(Object.keys(all).filter((name) => !/^(default|module.exports)$/.test(name)).join());`,
  ).finished;
  t.is(stdout, 'openFleet,openHost\n');
  const required = await run('all.cjs', `console.log(Object.keys(require('dokku-builds')).join());`).finished;
  t.is(required.stdout, 'openFleet,openHost\n');
  const paths = [
    'dist/api/index.js',
    'dist/api/openHost',
    'dist/plugin/lib/program.js',
    'package.json',
    'commands/openHost',
  ];
  const tries = paths.map(
    (path) => `try { require('dokku-builds/${path}'); } catch (error) { console.log(error.code); }`,
  );
  const refused = await run('others.cjs', tries.join('\n')).finished;
  t.is(refused.stdout, 'ERR_PACKAGE_PATH_NOT_EXPORTED\n'.repeat(paths.length));
});

test('its declarations are enough for a consumer in strict TypeScript, and say what is wrong', (t) => {
  cpSync(join(ROOT, 'node_modules', '@types'), join(consumer, 'node_modules', '@types'), { recursive: true });
  cpSync(join(ROOT, 'node_modules', 'undici-types'), join(consumer, 'node_modules', 'undici-types'), {
    recursive: true,
  });
  const use = (body: string): string => `import { openHost, type BuildEvent } from 'dokku-builds';\n${body}\n`;
  const right = `for (const e of openHost().events()) if (e.type === 'Pruned') e.builds.map((id: string) => id); else console.log(e.build.length);
    export const codes: (number | undefined)[] = openHost().list('a', { status: 'abandoned' }).map((b) => b.exit_code);`;
  const wrong = `export const f = (e: BuildEvent) => e.exit_code; openHost().list('a', { status: 'done' });`;
  writeFileSync(join(consumer, 'right.mts'), use(right));
  writeFileSync(join(consumer, 'wrong.mts'), use(wrong));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const flags = [
    '--noEmit',
    '--pretty',
    'false',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--lib',
    'es2022',
    '--types',
    'node',
  ];
  const args = [tsc, ...flags, 'right.mts', 'wrong.mts'];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: consumer, encoding: 'utf8' });
  t.is(status, 2, stdout);
  const files = stdout.split('\n').filter((line) => /^\S/.test(line));
  t.true(
    files.every((line) => line.startsWith('wrong.mts(')),
    stdout,
  );
  t.regex(stdout, /TS2339[\s\S]*TS2322/);
});

test('list, info, running and events say what the commands print', async (t) => {
  const api = opened();
  const live = host.process();
  await host.createApp('live');
  await host.trigger('builds-record-start', ['live', 'now1', String(live.pid), 'ps:restart']);
  t.deepEqual(api.list('shop') as unknown, await json('builds:list', 'shop'));
  t.deepEqual(
    api.list('shop', { status: 'failed' }) as unknown,
    await json('builds:list', 'shop', '--status', 'failed'),
  );
  t.deepEqual(api.info('shop', 'shop1') as unknown, await json('builds:info', 'shop', 'shop1'));
  const listed = (await json('builds:list')) as BuildView[];
  t.deepEqual(ofLive(api.running()), ofLive(listed));
  t.deepEqual([...api.events({ app: 'shop' })] as unknown, await json('builds:events', 'shop'));
  t.deepEqual(
    [...api.events({ app: 'shop', type: 'BuildFinished', build: 'shop2' })] as unknown,
    await json('builds:events', 'shop', '--type', 'BuildFinished', '--build', 'shop2'),
  );
  const all = [...api.events()].map(({ time }) => time);
  t.deepEqual(all, all.toSorted());
  t.is(api.info('shop', 'never'), undefined);
});

test('builds, last, lastFailed and stats say what the commands print', async (t) => {
  const api = opened();
  await host.createApp('three');
  for (const [id, exitCode] of [
    ['t1', 1],
    ['t2', 0],
    ['t3', 1],
    ['t4', 0],
  ] as const)
    await record('three', id, exitCode);
  const infoOf = async (name: string) => {
    const { event: _, ...view } = (await json('builds:info', 'three', name)) as BuildView & { event: unknown };
    return view;
  };
  t.deepEqual(api.last('three'), await infoOf('last'));
  t.deepEqual(api.lastFailed('three'), await infoOf('last-failed'));
  t.is(api.lastFailed('three')?.id, 't3');
  await host.createApp('none');
  t.deepEqual([api.last('none'), api.lastFailed('none')], [undefined, undefined]);
  const ids = (views: readonly BuildView[]): string[] => views.filter(({ app }) => app === 'three').map(({ id }) => id);
  t.deepEqual(ids(api.builds()), ['t4', 't3', 't2', 't1']);
  t.deepEqual(ids(api.builds({ status: ['failed', 'canceled'], source: 'git-hook' })), ['t3', 't1']);
  t.is(api.builds({ limit: 2 }).length, 2);
  t.deepEqual(ids(api.builds({ until: '1h' })), []);
  t.deepEqual(ids(api.builds({ since: new Date(Date.now() - 3_600_000) })), ids(api.builds({ since: '1h' })));
  const passing = ['since', 'until', 'seconds_since_success'];
  const settled = (stats: unknown): unknown =>
    JSON.parse(JSON.stringify(stats), (key, value: unknown) => (passing.includes(key) ? undefined : value));
  t.deepEqual(
    settled(api.stats('three', { since: '1h' })),
    settled(await json('builds:stats', 'three', '--since', '1h')),
  );
  t.is(api.stats().app, null);
  t.true(api.stats().apps.some(({ app, builds }) => app === 'three' && builds === 4));
});

test('a filter with a value that is not allowed throws at once', (t) => {
  const api = opened();
  const bad = (filter: object): object => filter; // what a program in JavaScript can give
  t.throws(() => api.list('shop', bad({ status: 'done' })), {
    message: /^Invalid status value "done" \(allowed: running,/,
  });
  t.throws(() => api.builds(bad({ status: ['failed', 'x'] })), { message: /^Invalid status value "x"/ });
  t.throws(() => api.list('shop', bad({ kind: '' })), { message: /^Invalid kind value ""/ });
  t.throws(() => api.list('shop', { limit: 0 }), { message: /^Invalid limit value "0"/ });
  t.throws(() => api.list('shop', { since: 'yesterday' }), {
    message: /^Invalid since value "yesterday": must be a time/,
  });
  t.throws(() => api.events({ since: new Date('never') }), { message: /^Invalid since value "Invalid Date"/ });
  t.throws(() => api.events(bad({ since: 5 })), { message: /^Invalid since value "5"/ });
  t.throws(() => api.follow(bad({ type: 'Started' })), { message: /^Invalid type value "Started"/ });
  t.throws(() => api.events({ build: '../x' }), { message: /^Invalid build id/ });
  t.throws(() => api.stats('shop', { since: 'x' }), { message: /^Invalid since value/ });
  t.throws(() => api.list('shop', { since: '2026-05-02', until: '2026-05-01' }), {
    message: /^until \(.*\) is before since/,
  });
  t.throws(() => api.follow({ intervalMs: 0 }), {
    message: /^Invalid intervalMs value "0": must be a positive number/,
  });
});

test('a value of a wrong type, and a filter that does not exist, is said in a sentence', (t) => {
  const api = opened();
  const sentence = (call: (any: never) => unknown, any: unknown, message: string): void => {
    t.is(t.throws<Error & { exitCode?: number }>(() => call(any as never), { message }).exitCode, 1, message);
  };
  sentence((app) => api.list(app), undefined, 'Invalid app value "undefined": must be a string');
  sentence((id) => api.info('shop', id), 7, 'Invalid build value "7": must be a string');
  sentence((filter) => api.list('shop', filter), null, 'Invalid filter value "null": must be an object');
  sentence((filter) => api.list('shop', filter), 'failed', 'Invalid filter value "failed": must be an object');
  const known = 'allowed: kind, status, source, since, until, limit';
  sentence((filter) => api.list('shop', filter), { sttaus: 'failed' }, `There is no filter "sttaus" (${known})`);
  sentence((filter) => api.builds(filter), { status: 5 }, 'Invalid status value "5": must be a string');
  sentence((filter) => api.builds(filter), { kind: null }, 'Invalid kind value "null": must be a string');
  sentence((filter) => api.builds(filter), { source: ['deploy'] }, 'Invalid source value "deploy": must be a string');
  sentence(
    (filter) => api.events(filter),
    { apps: 'shop' },
    'There is no filter "apps" (allowed: app, build, type, since, until)',
  );
  sentence((filter) => api.follow(filter), { type: 1 }, 'Invalid type value "1": must be a string');
  sentence((filter) => api.stats('shop', filter), { until: '2h' }, 'There is no filter "until" (allowed: since)');
});

test('log streams the output of a build until it ends, and wait gives the build at its end', async (t) => {
  const api = opened();
  await host.createApp('loud');
  const gate = host.gate();
  await host.commit('loud', { build: script(gate.announced('before'), 'echo after') });
  const deploy = await host.startDeploy('loud', ['ps:rebuild', 'loud'], 'before');
  const log = api.log('loud', deploy.build);
  const ended = api.wait('loud', deploy.build);
  let text = '';
  for await (const bytes of log) {
    if (text === '') gate.open();
    text += String(bytes);
  }
  t.is(text, host.read('loud', `${deploy.build}.log`));
  t.regex(text, /before\nafter\n/);
  await deploy.finished;
  t.like(await ended, { id: deploy.build, status: 'succeeded', exit_code: 0 });
  t.is((await api.wait('loud', deploy.build)).id, deploy.build);
  t.is(Buffer.concat(await api.log('loud', deploy.build).toArray()).toString(), text);
});

test('log and wait end with their signal, and name a build that does not exist', async (t) => {
  const api = opened();
  await host.createApp('still');
  const live = host.process();
  await host.trigger('builds-record-start', ['still', 's1', String(live.pid), 'ps:restart']);
  host.write(host.file('still', 's1.log'), 'so far\n');
  const stop = new AbortController();
  const waiting = t.throwsAsync(api.wait('still', 's1', { signal: stop.signal }), { message: 'enough' });
  let text = '';
  for await (const bytes of api.log('still', 's1', { signal: stop.signal })) {
    text += String(bytes);
    stop.abort(new Error('enough'));
  }
  t.is(text, 'so far\n');
  await waiting;
  const left = api.log('still', 's1'); // a reader that stops reading
  await once(left, 'data');
  left.destroy();
  await once(left, 'close');
  t.throws(() => api.log('shop', 'shop1'), { message: 'No log found for shop/shop1' });
  t.throws(() => api.log('shop', 'never'), { message: 'No build record found for shop/never' });
  await t.throwsAsync(api.wait('shop', 'never'), { message: 'No build record found for shop/never' });
});

/** Other tests have builds of their own that run now, or ran a moment ago. */
function ofLive(views: readonly BuildView[]): object[] {
  return views.filter(({ app }) => app === 'live').map((view) => ({ ...view, duration: '', duration_seconds: 0 }));
}

test('what fails is an error with the sentence and the exit code of the command', (t) => {
  t.throws(() => opened().list('nobody'), { message: 'App nobody does not exist' });
  t.is(t.throws<Error & { exitCode: number }>(() => opened().info('../shop', 'x')).exitCode, 20);
  t.throws(() => opened().info('shop', '../x'), { message: /^Invalid build id/ });
  t.throws(() => [...opened().events({ app: 'nobody' })], { message: 'App nobody does not exist' });
});

test.serial('reading changes no file: what a stock Dokku recorded is shown, and not adopted', async (t) => {
  await host.createApp('stock');
  writeRecords(host, finishedRecord('stock', 'theirs', 5));
  const before = await filesOf();
  const api = opened();
  t.like(api.list('stock')[0], { id: 'theirs', status: 'succeeded', exit_code: 0 });
  t.like(api.info('stock', 'theirs'), { event: { adopted: true } });
  t.deepEqual([...api.events({ app: 'stock' })], []);
  api.running();
  t.deepEqual(await filesOf(), before);
});

test.serial(
  'what is damaged is told of where the whole journal is read, each thing once; the rest is given',
  async (t) => {
    await host.createApp('hurt');
    await host.dokku(['builds:set', 'hurt', 'retention', '1']);
    for (const id of ['h0', 'h1', 'h2']) await record('hurt', id, 0);
    const journal = host.file('hurt', 'events.journal');
    const bytes = readFileSync(journal);
    bytes.writeUInt8(bytes.readUInt8(100) ^ 4, 100);
    writeFileSync(journal, bytes);
    const told: string[] = [];
    const { dokkuRoot, libRoot } = host.paths;
    const api = openHost({ dokkuRoot, libRoot, warn: (message) => told.push(message) });
    const tells = async (read: () => unknown): Promise<void> => {
      told.length = 0;
      await read();
      t.is(told.length, 2, told.join('\n'));
      t.regex(told.join('\n'), /is damaged from byte 0 to .*\n.* lacks event 1;/);
    };
    await tells(() => t.is([...api.events({ app: 'hurt' })].length, 7));
    await tells(() => t.is(api.info('hurt', 'h1')?.event.pruned?.reason, 'retention'));
    rmSync(host.file('hurt', 'events.checkpoint'));
    await tells(() => t.is(api.info('hurt', 'h1')?.event.pruned?.reason, 'retention'));
    await tells(async () => {
      const signal = AbortSignal.timeout(300);
      const given: BuildEvent[] = [];
      for await (const event of api.follow({ app: 'hurt', fromStart: true, intervalMs: 10, signal })) given.push(event);
      t.is(given.length, 7);
    });
  },
);

async function filesOf(): Promise<Record<string, string>> {
  const entries = await readdir(host.paths.builds, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries<string>(
    await Promise.all(files.map(async (path) => [path, await readFile(path, 'base64')] as const)),
  );
}

test('follow gives existing events if asked to, then new ones, and ends with its signal', async (t) => {
  await host.createApp('follow');
  await record('follow', 'old1', 0);
  const stop = new AbortController();
  const seen: string[] = [];
  const tell = ({ type, build }: BuildEvent): number => seen.push(`${type} ${String(build)}`);
  const options = { app: 'follow', fromStart: true, intervalMs: 10, signal: stop.signal };
  let wrote: Promise<void> | undefined;
  for await (const event of opened().follow(options)) {
    tell(event);
    if (seen.length === 2) wrote = record('follow', 'new1', 1);
    if (seen.length === 4) stop.abort();
  }
  await wrote;
  t.deepEqual(seen, ['BuildStarted old1', 'BuildFinished old1', 'BuildStarted new1', 'BuildFinished new1']);
});
