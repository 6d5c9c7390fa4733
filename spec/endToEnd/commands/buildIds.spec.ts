import test from 'ava';

import { deadPid, finishedRecord, runningRecord, writeRecords } from '../expectedRecord';
import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

/** The id of the build that `text` names for `builds:info`, or what is said instead. */
async function named(app: string, text: string, ...flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await host.dokku(['builds:info', app, text, '--format', 'json', ...flags]);
  return code === 0 ? (JSON.parse(stdout) as { id: string }).id : stderr;
}

test('the beginning of an id names the build in info, output and events', async (t) => {
  await host.createApp('begun');
  writeRecords(host, finishedRecord('begun', 'mwq1', 1), finishedRecord('begun', 'mwr2', 2));
  t.is(await named('begun', 'mwq'), 'mwq1');
  t.is((await host.dokku(['builds:output', 'begun', 'mwr'])).stdout, 'output of mwr2\n');
  for (const app of [['begun'], []]) {
    const { stdout } = await host.dokku(['builds:events', ...app, '--build', 'mwr', '--format', 'json']);
    t.deepEqual([...new Set((JSON.parse(stdout) as { build: string }[]).map(({ build }) => build))], ['mwr2']);
  }
});

test('an ambiguous beginning fails and lists the candidates, newest first', async (t) => {
  await host.createApp('vague');
  writeRecords(host, ...['aa1', 'aa2', 'ab3'].map((id, n) => finishedRecord('vague', id, n)));
  const expected = ' !     2 builds have an id that begins with aa:\n !       aa2\n !       aa1\n';
  for (const args of [
    ['builds:info', 'vague', 'aa'],
    ['builds:output', 'vague', 'aa'],
    ['builds:events', 'vague', '--build', 'aa'],
  ]) {
    const { code, stdout, stderr } = await host.dokku(args);
    t.deepEqual([code, stdout], [1, ''], args[0]);
    t.is(stderr, expected, args[0]);
  }
  t.is(await named('vague', 'aa'), expected);
  await host.createApp('vaguer');
  writeRecords(host, ...Array.from({ length: 12 }, (_, n) => finishedRecord('vaguer', `b${n + 10}`, n)));
  t.regex(await named('vaguer', 'b'), /^ ! {5}12 builds [^]* ! {7}b12\n ! {7}and 2 more\n$/);
});

test('an id that exists wins over everything it could mean else', async (t) => {
  await host.createApp('exact');
  writeRecords(
    host,
    finishedRecord('exact', 'last', 1),
    finishedRecord('exact', 'current', 2),
    finishedRecord('exact', 'b', 3),
    finishedRecord('exact', 'b1', 4),
  );
  t.is(await named('exact', 'b'), 'b');
  t.is(await named('exact', 'last'), 'last');
  t.is((await host.dokku(['builds:output', 'exact', 'current'])).stdout, 'output of current\n');
});

test('last, last-failed and current name a build wherever an id is taken', async (t) => {
  await host.createApp('nick');
  const live = host.process();
  writeRecords(
    host,
    finishedRecord('nick', 'n1', 1, { status: 'failed', exit_code: 1 }),
    runningRecord('nick', 'n2', 2, live.pid),
    finishedRecord('nick', 'n3', 3),
  );
  t.is(await named('nick', 'current'), ' !     App not currently deploying\n');
  host.write(host.lockPath('nick'), '');
  t.is(await named('nick', 'current'), ' !     No matching app deploy found\n');
  host.write(host.lockPath('nick'), 'n2\n');
  for (const [nickname, id] of [
    ['last', 'n3'],
    ['last-failed', 'n1'],
    ['current', 'n2'],
  ] as const) {
    t.is(await named('nick', nickname), id);
    const { stdout } = await host.dokku(['builds:events', 'nick', '--build', nickname, '--format', 'json']);
    t.is((JSON.parse(stdout) as { build: string }[])[0]?.build, id, nickname);
  }
  t.is((await host.dokku(['builds:output', 'nick', 'last'])).stdout, 'output of n3\n');
  t.is((await host.dokku(['builds:output', 'nick', 'last-failed'])).stdout, 'output of n1\n');
  host.write(host.lockPath('nick'), 'n\n');
  t.is(await named('nick', 'current'), ' !     No build record found for nick/n\n', 'a lock holds whole ids');
});

test('a build that was abandoned is the last that failed, before it is reaped as after', async (t) => {
  await host.createApp('reaped');
  writeRecords(
    host,
    finishedRecord('reaped', 'r1', 1, { status: 'failed', exit_code: 1 }),
    runningRecord('reaped', 'r2', 2, deadPid),
    finishedRecord('reaped', 'r3', 3),
  );
  t.is(await named('reaped', 'last-failed'), 'r2');
  await host.dokku(['builds:prune', 'reaped']);
  t.is(await named('reaped', 'last-failed'), 'r2');
});

test('a build that was pruned is named by its id or the beginning of it, after those on record', async (t) => {
  await host.createApp('past');
  writeRecords(host, ...['pa1', 'pa2', 'pb3', 'pc4'].map((id, n) => finishedRecord('past', id, n)));
  await host.dokku(['builds:set', 'past', 'retention', '1']);
  await host.dokku(['builds:prune', 'past']);
  t.is(await named('past', 'p'), 'pc4', 'the only one on record');
  t.is(await named('past', 'pa1'), 'pa1');
  t.is(await named('past', 'pb'), 'pb3');
  t.is(await named('past', 'pa'), ' !     2 builds have an id that begins with pa:\n !       pa2\n !       pa1\n');
  writeRecords(host, finishedRecord('past', 'pb33', 9));
  t.is(await named('past', 'pb3'), 'pb3', 'not the one on record that it is the beginning of');
  t.is(await named('past', 'pb33'), 'pb33');
  const { stdout } = await host.dokku([
    'builds:events',
    'past',
    '--build',
    'pb3',
    '--type',
    'Pruned',
    '--format',
    'json',
  ]);
  t.regex(stdout, /"pb3"/);
});

test('the triggers take whole ids only', async (t) => {
  await host.createApp('whole');
  const live = host.process();
  await host.trigger('builds-record-start', ['whole', 'w12345', String(live.pid), 'git-hook']);
  const { code, stderr } = await host.trigger('builds-record-finalize', ['whole', 'w1', '0']);
  t.is(code, 0);
  t.regex(stderr, /w1/);
  t.is(host.record('whole', 'w12345')['status'], 'running');
});
