import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { deadPid } from '../expectedRecord';
import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { onTerminal } from './terminal';

/*
 * What the journal is for: auditing, time travel, and moving between a stock Dokku and this plugin. Deploys are
 * recorded by calling the triggers as Dokku does, with ids that say what happens to them.
 */

let host: Sandbox;
test.before(async () => {
  host = await createSandbox();
});
test.after.always(() => host.remove());

const SOMEBODY = { SSH_USER: 'dokku', SSH_NAME: 'ann', SSH_ORIGINAL_COMMAND: 'config:set shop PASSWORD=hunter2' };

async function record(app: string, id: string, exitCode: number, env: Record<string, string> = {}): Promise<void> {
  await host.trigger('builds-record-start', [app, id, String(process.pid), 'git-hook'], { env });
  await host.trigger('builds-record-finalize', [app, id, String(exitCode)], { env });
}

async function events(app: string, ...flags: string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await host.dokku(['builds:events', app, '--format', 'json', ...flags]);
  return JSON.parse(stdout) as Record<string, unknown>[];
}

async function listed(app: string, ...flags: string[]): Promise<string[]> {
  const { stdout } = await host.dokku(['builds:list', app, '--format', 'json', ...flags]);
  return (JSON.parse(stdout) as { id: string; display_status: string }[]).map(
    (one) => `${one.id} ${one.display_status}`,
  );
}

function directory(app: string): string {
  return join(host.paths.libRoot, 'data', 'builds', app);
}

function stockRecord(app: string, id: string, fields: object): void {
  host.write(
    join(directory(app), `${id}.json`),
    JSON.stringify({ id, app, kind: 'build', pid: 4242, ...fields }, null, 2),
  );
}

const ENDED = { finished_at: '2026-04-30T13:51:14.25Z', status: 'succeeded', source: 'git-hook', exit_code: 0 };

test('events say who did what, and never the arguments of a command', async (t) => {
  await host.createApp('who');
  await record('who', 'first1', 0, SOMEBODY);
  const [started, finished] = await events('who');
  t.deepEqual(Object.keys(started ?? {}).slice(0, 6), ['seq', 'id', 'time', 'type', 'app', 'build']);
  t.like(started, { seq: 1, type: 'BuildStarted', app: 'who', build: 'first1', pid: process.pid });
  t.deepEqual(started?.['actor'], { user: 'dokku', key: 'ann', command: 'config:set' });
  t.like(finished, { seq: 2, type: 'BuildFinished', status: 'succeeded', exit_code: 0, cause: 'exit' });
  t.false(readFileSync(join(directory('who'), 'events.journal')).includes('hunter2'));
  const { stdout } = await host.dokku(['builds:info', 'who', 'first1']);
  t.regex(stdout, /Started By: {2}dokku \(key ann\) with config:set\n/);
});

test('events are filtered by build, type and time', async (t) => {
  await host.createApp('filter');
  await record('filter', 'one1', 0);
  await record('filter', 'two2', 1);
  t.deepEqual(
    (await events('filter', '--build', 'two2')).map(({ seq }) => seq),
    [3, 4],
  );
  t.deepEqual(
    (await events('filter', '--type', 'BuildFinished')).map(({ seq }) => seq),
    [2, 4],
  );
  const second = String((await events('filter'))[1]?.['time']);
  t.deepEqual(
    (await events('filter', '--until', second)).map(({ seq }) => seq),
    [1, 2],
  );
  t.deepEqual((await events('filter', '--since', '1h')).length, 4);
  t.deepEqual(await events('filter', '--until', '1h'), []);
  t.deepEqual(
    (await events('filter', '--type', 'BuildFinished', '--tail', '1')).map(({ seq }) => seq),
    [4],
  );
  const wrong = await host.dokku(['builds:events', 'filter', '--since', 'yesterday']);
  t.is(wrong.code, 1);
  t.regex(wrong.stderr, /Invalid --since value "yesterday"/);
});

test('events of all apps are merged by time, and each app keeps its own order', async (t) => {
  for (const app of ['merge-a', 'merge-b']) await host.createApp(app);
  await record('merge-a', 'a1', 0);
  await record('merge-b', 'b1', 0);
  await record('merge-a', 'a2', 0);
  const { stdout } = await host.dokku(['builds:events', '--format', 'jsonl']);
  const all = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { app: string; build: string; time: string });
  t.deepEqual(
    all.filter(({ app }) => app.startsWith('merge-')).map(({ build }) => build),
    ['a1', 'a1', 'b1', 'b1', 'a2', 'a2'],
  );
});

test('--follow prints what comes from other processes, and ends on SIGTERM and on a closed pipe', async (t) => {
  await host.createApp('follow');
  await record('follow', 'old1', 0);
  const following = host.startSubcommand('events', ['follow', '--follow', '-n1']);
  await following.until(/BuildFinished +old1/);
  t.notRegex(following.output(), /BuildStarted/, 'it was asked for the last event only');
  await record('follow', 'new1', 3);
  await following.until(/BuildFinished +new1 +failed, exit code 3/);
  following.signal('SIGTERM');
  t.is((await following.finished).code, 0);

  const piped = await host.run(['bash', '-c', 'dokku builds:events follow --follow --format jsonl | head -n 2']);
  t.is(piped.stdout.trimEnd().split('\n').length, 2);
  t.is(piped.stderr, '');
});

test('info of a pruned build says when and why it was pruned, and what the journal knows', async (t) => {
  await host.createApp('pruned');
  await host.dokku(['builds:set', 'pruned', 'retention', '1']);
  await record('pruned', 'gone1', 2, SOMEBODY);
  await record('pruned', 'kept1', 0);
  t.false(existsSync(join(directory('pruned'), 'gone1.json')));

  const info = await host.dokku(['builds:info', 'pruned', 'gone1']);
  t.is(info.code, 0);
  t.regex(info.stdout, /Status: +failed\n/);
  t.regex(info.stdout, /Pruned: +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \(retention\)\n/);
  const json = JSON.parse((await host.dokku(['builds:info', 'pruned', 'gone1', '--format', 'json'])).stdout) as {
    exit_code: number;
    event: { pruned: { reason: string } };
  };
  t.is(json.exit_code, 2);
  t.is(json.event.pruned.reason, 'retention');

  const output = await host.dokku(['builds:output', 'pruned', 'gone1']);
  t.is(output.code, 1);
  t.regex(output.stderr, /gone1 was pruned \d{4}-/);
  t.deepEqual(await listed('pruned'), ['kept1 succeeded']);
  t.deepEqual(await listed('pruned', '--all'), ['kept1 succeeded', 'gone1 failed']);
  t.regex((await host.dokku(['builds:list', 'pruned', '--all'])).stdout, /gone1 .*\(retention\)\n/);
  const { plain } = await onTerminal(host, 80, ['builds:list', 'pruned', '--all']);
  t.true(plain.some((line) => /^gone1 .* \d+[sm] ago \(retention\)$/.test(line)));
  t.like((await events('pruned', '--type', 'Pruned'))[0], { build: null, builds: ['gone1'], reason: 'retention' });
});

test('a discarded build leaves no record, and the history keeps the fact', async (t) => {
  await host.createApp('discard');
  await host.trigger('builds-record-start', ['discard', 'poll1', String(process.pid), 'git:sync']);
  await host.trigger('builds-record-discard', ['discard', 'poll1']);
  t.false(readdirSync(directory('discard')).some((name) => /\.(json|log)$/.test(name)));
  t.like((await events('discard'))[1], { type: 'Pruned', builds: ['poll1'], reason: 'discarded' });
});

test('--as-of shows what was on record then, including builds that were pruned since', async (t) => {
  await host.createApp('travel');
  await host.dokku(['builds:set', 'travel', 'retention', '1']);
  await host.trigger('builds-record-start', ['travel', 'early1', String(process.pid), 'git-hook']);
  const running = String((await events('travel'))[0]?.['time']);
  await host.trigger('builds-record-finalize', ['travel', 'early1', '7']);
  const failed = String((await events('travel'))[1]?.['time']);
  await record('travel', 'late1', 0);

  t.deepEqual(await listed('travel'), ['late1 succeeded']);
  t.deepEqual(await listed('travel', '--as-of', running), ['early1 running']);
  t.deepEqual(await listed('travel', '--as-of', failed), ['early1 failed']);
  t.deepEqual(await listed('travel', '--as-of', '1d'), []);
  t.regex((await host.dokku(['builds:info', 'travel', 'early1', '--as-of', running])).stdout, /Status: +running\n/);
  t.is((await host.dokku(['builds:info', 'travel', 'late1', '--as-of', failed])).code, 1);
  const status = await host.dokku(['builds:report', 'travel', '--build-status', '--as-of', failed]);
  t.is(status.stdout, 'failed\n');
});

test('a build that was found dead is abandoned at a time between its last sign of life and its reaping', async (t) => {
  await host.createApp('undead');
  const started = '2026-04-30T13:50:00Z';
  stockRecord('undead', 'dead1', { started_at: started, status: 'running', source: 'git-hook', pid: deadPid });
  t.deepEqual(await listed('undead'), ['dead1 abandoned']);
  const between = new Date().toISOString();
  await host.dokku(['builds:prune', 'undead']);
  t.deepEqual(await listed('undead'), ['dead1 failed']);
  t.like((await events('undead'))[1], {
    type: 'BuildFinished',
    exit_code: -1,
    cause: 'abandoned',
    finished_at: started,
  });
  t.deepEqual(await listed('undead', '--as-of', between), ['dead1 abandoned']);
});

test('records of a stock Dokku are adopted with their own times, and rebuilt to the nanosecond', async (t) => {
  await host.createApp('adopt');
  stockRecord('adopt', 'stock-2', { started_at: '2026-04-30T13:50:00.123456789Z', ...ENDED, extra: { key: 1 } });
  stockRecord('adopt', 'Stock1', { started_at: '2026-03-30T13:50:00Z', ...ENDED, source: 'from-the-future' });
  host.write(join(directory('adopt'), 'broken.json'), '{"id": "broken"');
  const first = await host.dokku(['builds:list', 'adopt']);
  t.regex(first.stderr, /adopt\/broken cannot be read \(it is not JSON\); it is left alone/);
  t.deepEqual(await listed('adopt'), ['stock-2 succeeded', 'Stock1 succeeded']);
  t.true((await events('adopt')).every(({ adopted }) => adopted === true));

  await record('adopt', 'ours1', 0);
  t.deepEqual(await listed('adopt'), ['ours1 succeeded', 'stock-2 succeeded', 'Stock1 succeeded']);
  t.is(readFileSync(join(directory('adopt'), 'broken.json'), 'utf8'), '{"id": "broken"');
  for (const id of ['stock-2', 'Stock1']) rmSync(join(directory('adopt'), `${id}.json`));
  await host.dokku(['builds:replay', 'adopt']);
  const again = JSON.parse(readFileSync(join(directory('adopt'), 'stock-2.json'), 'utf8')) as object;
  t.like(again, { started_at: '2026-04-30T13:50:00.123456789Z', finished_at: '2026-04-30T13:51:14.25Z', app: 'adopt' });
  t.is(
    (JSON.parse(readFileSync(join(directory('adopt'), 'Stock1.json'), 'utf8')) as { source: string }).source,
    'from-the-future',
  );
});

test('a record that was edited by hand does not change history', async (t) => {
  await host.createApp('edited');
  await record('edited', 'true1', 1);
  const path = join(directory('edited'), 'true1.json');
  const truth = readFileSync(path, 'utf8');
  writeFileSync(path, truth.replace('failed', 'succeeded'));
  t.deepEqual(await listed('edited'), ['true1 failed']);
  const verified = await host.dokku(['builds:verify', 'edited']);
  t.is(verified.code, 1);
  t.regex(verified.stderr, /record true1\.json does not agree with the journal/);
  await host.dokku(['builds:prune', 'edited']);
  t.is(readFileSync(path, 'utf8'), truth);
});

test('a change to the stock plugin and back adopts all that happened in between, also what it pruned', async (t) => {
  await host.createApp('between');
  for (const id of ['mine1', 'mine2']) stockRecord('between', id, { started_at: '2026-04-30T13:50:00Z', ...ENDED });
  t.is((await listed('between')).length, 2);
  stockRecord('between', 'open1', {
    started_at: '2026-11-01T10:00:00Z',
    pid: deadPid,
    status: 'running',
    source: 'git-hook',
  });
  t.is((await listed('between')).length, 3);

  // the stock plugin: ends what was running, prunes the oldest, records one of its own
  stockRecord('between', 'open1', { started_at: '2026-11-01T10:00:00Z', ...ENDED, status: 'failed', exit_code: 9 });
  rmSync(join(directory('between'), 'mine1.json'));
  stockRecord('between', 'theirs1', {
    started_at: new Date().toISOString(),
    ...ENDED,
    finished_at: new Date().toISOString(),
  });

  t.deepEqual(await listed('between'), ['theirs1 succeeded', 'open1 failed', 'mine2 succeeded']);
  t.like((await events('between', '--build', 'open1')).at(-1), { type: 'BuildFinished', exit_code: 9, adopted: true });
  t.like((await events('between', '--type', 'Pruned'))[0], { builds: ['mine1'], reason: 'retention' });
  await record('between', 'ours1', 0);
  t.is((await host.dokku(['builds:verify', 'between'])).code, 0);
});

// serial: it settles every app, on which no other test may be at work
test.serial('replay rebuilds what is stored from the journal alone, and a dry run only says so', async (t) => {
  await host.createApp('replay');
  await record('replay', 'one1', 0);
  await record('replay', 'two2', 1);
  const records = ['one1', 'two2'].map((id) => join(directory('replay'), `${id}.json`));
  const before = records.map((path) => readFileSync(path, 'utf8'));
  for (const path of records) rmSync(path);
  writeFileSync(join(directory('replay'), 'events.checkpoint'), 'nonsense');
  const dry = await host.dokku(['builds:replay', 'replay', '--dry-run']);
  t.regex(dry.stdout, /4 events, to rebuild: 2 records, the checkpoint/);
  t.false(records.some((path) => existsSync(path)));
  const real = await host.dokku(['builds:replay', 'replay']);
  t.regex(real.stdout, /rebuilt: 2 records, the checkpoint/);
  t.deepEqual(
    records.map((path) => readFileSync(path, 'utf8')),
    before,
  );
  t.regex((await host.dokku(['builds:replay', 'replay'])).stdout, /all files were up to date/);
  const all = await host.dokku(['builds:replay', '--all-apps', '--parallel', '3']);
  t.is(all.code, 0);
  t.regex(all.stdout, /Replayed replay: 4 events/);
});

test('replay says so, and exits with 1, if it cannot rebuild something', async (t) => {
  await host.createApp('stuck');
  await record('stuck', 'one1', 0);
  const path = join(directory('stuck'), 'one1.json');
  rmSync(path);
  mkdirSync(join(path, 'in the way'), { recursive: true });
  const { code, stdout, stderr } = await host.dokku(['builds:replay', 'stuck']);
  t.is(code, 1);
  t.regex(stdout, /2 events, not all rebuilt: 1 record$/m);
  t.regex(stderr, /Not all files of stuck could be written or removed/);
});

test('after a rename everything says the new name, and history goes on', async (t) => {
  await host.createApp('before');
  await host.dokku(['builds:set', 'before', 'retention', '7']);
  await record('before', 'old1', 0);
  const live = host.process();
  await host.trigger('builds-record-start', ['before', 'live1', String(live.pid), 'git-hook']);
  t.is((await host.dokku(['apps:rename', 'before', 'after'])).code, 0);

  t.deepEqual(await listed('after'), ['live1 running', 'old1 succeeded']);
  for (const id of ['old1', 'live1']) {
    const text = readFileSync(join(directory('after'), `${id}.json`), 'utf8');
    t.is((JSON.parse(text) as { app: string }).app, 'after');
  }
  const info = await host.dokku(['builds:info', 'after', 'old1']);
  t.regex(info.stdout, new RegExp(`Log: +${directory('after')}/old1\\.log\\n`));
  t.regex((await host.dokku(['builds:list'])).stdout, /^after +live1 /m);
  t.notRegex((await host.dokku(['builds:list'])).stdout, /^before /m);
  await host.trigger('builds-record-finalize', ['after', 'live1', '0']);
  t.deepEqual(
    (await events('after')).map(({ seq }) => seq),
    [1, 2, 3, 4],
  );
  t.is((await host.dokku(['builds:report', 'after', '--builds-retention'])).stdout, '7\n');
  t.false(existsSync(directory('before')));
});

test('a rename that was killed in the middle is completed by doing it again', async (t) => {
  await host.createApp('half');
  await host.dokku(['builds:set', 'half', 'retention', '5']);
  await record('half', 'one1', 0);
  await host.createApp('whole');
  // as if killed after the properties were moved
  const properties = (app: string): string => join(host.paths.libRoot, 'config', 'builds', app);
  await host.run(['mv', properties('half'), properties('whole')]);
  for (const _time of ['first', 'second']) await host.trigger('post-app-rename-setup', ['half', 'whole']);
  t.deepEqual(await listed('whole'), ['one1 succeeded']);
  t.is((await host.dokku(['builds:report', 'whole', '--builds-retention'])).stdout, '5\n');
  t.is((await host.dokku(['builds:verify', 'whole'])).code, 0);
});

test('a clone has the retention and no history, and a destroyed app has nothing', async (t) => {
  await host.createApp('origin');
  await host.dokku(['builds:set', 'origin', 'retention', '3']);
  await record('origin', 'one1', 0);
  await host.dokku(['apps:clone', 'origin', 'copy']);
  t.is((await host.dokku(['builds:report', 'copy', '--builds-retention'])).stdout, '3\n');
  t.deepEqual(await listed('copy'), []);
  await host.dokku(['--force', 'apps:destroy', 'origin']);
  t.false(existsSync(directory('origin')));
  t.is((await host.dokku(['builds:list', 'origin'])).code, 20);
});

test('a day of polls every five minutes does not drive out the last real builds', async (t) => {
  await host.createApp('polled');
  await host.dokku(['builds:set', 'polled', 'retention', '5']);
  await record('polled', 'works1', 0);
  await record('polled', 'fails1', 1);
  for (const poll of Array.from({ length: 288 }).keys()) {
    const at = new Date(Date.now() - (288 - poll) * 300_000).toISOString();
    stockRecord('polled', `poll${String(poll).padStart(3, '0')}`, {
      pid: deadPid,
      started_at: at,
      status: 'running',
      source: 'git:sync',
    });
  }
  t.is((await listed('polled', '--status', 'abandoned')).length, 288);
  await host.dokku(['builds:prune', 'polled']);
  // a poll that found nothing takes no place
  t.deepEqual(await listed('polled'), ['fails1 failed', 'works1 succeeded']);
  await host.dokku(['builds:set', 'polled', 'retention', '1']);
  await host.dokku(['builds:prune', 'polled']);
  t.deepEqual(await listed('polled'), ['works1 succeeded']);
});

test('a list of the past shows everything that was on record then, whatever is kept today', async (t) => {
  await host.createApp('then');
  for (const id of ['b1', 'b2', 'b3']) stockRecord('then', id, { started_at: '2026-04-30T13:50:00Z', ...ENDED });
  t.is((await listed('then')).length, 3);
  const now = new Date().toISOString();
  await host.dokku(['builds:set', 'then', 'retention', '1']);
  await host.dokku(['builds:prune', 'then']);
  t.is((await listed('then')).length, 1);
  const { stdout } = await host.dokku(['builds:list', 'then', '--as-of', now, '--format', 'json']);
  t.is((JSON.parse(stdout) as object[]).length, 3);
});
