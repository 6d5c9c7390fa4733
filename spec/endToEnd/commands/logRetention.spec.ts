import { existsSync, readFileSync } from 'node:fs';

import test from 'ava';

import { createSandbox, expectSuccess, type Sandbox } from '../../../scripts/sandbox/host';
import { finishedRecord, writeRecords } from '../expectedRecord';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

const set = (...args: string[]) => host.dokku(['builds:set', ...args]);
const outputOf = async (...args: string[]) => expectSuccess(await host.dokku(args)).stdout;

async function record(app: string, id: string, exitCode: number): Promise<void> {
  await host.trigger('builds-record-start', [app, id, String(process.pid), 'git-hook']);
  host.write(host.file(app, `${id}.log`), `output of ${id}\n`);
  await host.trigger('builds-record-finalize', [app, id, String(exitCode)]);
}

test.serial(
  'log-retention removes older logs, the records stay, and everything says that the log was pruned',
  async (t) => {
    await host.createApp('shop');
    expectSuccess(await set('--global', 'log-retention', '9'));
    t.is(expectSuccess(await set('shop', 'log-retention', '+1')).stdout, '=====> Setting log-retention to 1\n');
    for (const [id, code] of Object.entries({ one: 0, two: 3, three: 0 })) await record('shop', id, code);
    const having = (ending: string) =>
      ['one', 'two', 'three'].filter((id) => existsSync(host.file('shop', id + ending)));
    t.deepEqual(having('.json'), ['one', 'two', 'three']);
    t.deepEqual(having('.log'), ['three']);

    const output = await host.dokku(['builds:output', 'shop', 'one']);
    t.is(output.code, 1);
    t.is(output.stdout, '');
    t.regex(output.stderr, /^ ! {5}The log of shop\/one was pruned \(log-retention\), and its record stays; /);
    t.is(await outputOf('builds:output', 'shop', 'three'), 'output of three\n');
    t.regex(await outputOf('builds:info', 'shop', 'two'), /^ {7}Log Pruned: +by log-retention$/m);
    const info = JSON.parse(await outputOf('builds:info', 'shop', 'two', '--format', 'json')) as { event: object };
    t.like(info.event, { log_pruned: true });
    t.notRegex(await outputOf('builds:info', 'shop', 'three'), /Pruned/);
    const page = await outputOf('builds:page', 'shop');
    t.is(page.split('The log was pruned (log-retention), and the record stays').length, 3);
    const events = (await outputOf('builds:events', 'shop', '--build', 'two', '--format', 'jsonl')).trim().split('\n');
    t.like(JSON.parse(events.at(-1) ?? ''), { type: 'Pruned', builds: [], logs: ['two'], reason: 'retention' });
    t.regex(await outputOf('builds:events', 'shop', '--build', 'two'), /Pruned +two +retention: its log$/m);
  },
);

test.serial('a pruned log is not damage, and one that a crash has left is removed', async (t) => {
  expectSuccess(await host.dokku(['builds:verify', 'shop']));
  const replayed = await outputOf('builds:replay', 'shop', '--dry-run');
  host.write(host.file('shop', 'one.log'), 'left\n');
  t.not(await outputOf('builds:replay', 'shop', '--dry-run'), replayed);
  t.is((await host.dokku(['builds:output', 'shop', 'one'])).code, 1); // as the journal says, whatever lies there
  expectSuccess(await host.dokku(['builds:verify', 'shop']));
  expectSuccess(await host.dokku(['builds:prune', 'shop']));
  t.false(existsSync(host.file('shop', 'one.log')));
  t.is(await outputOf('builds:replay', 'shop', '--dry-run'), replayed);
  await outputOf('builds:replay', 'shop');
  t.like(JSON.parse(await outputOf('builds:info', 'shop', 'one', '--format', 'json')), { event: { log_pruned: true } });
});

test.serial('a log that was pruned stays so if more are kept from then on', async (t) => {
  expectSuccess(await set('shop', 'log-retention', '20'));
  await record('shop', 'four', 0);
  t.true(existsSync(host.file('shop', 'three.log')));
  t.regex((await host.dokku(['builds:output', 'shop', 'one'])).stderr, /was pruned \(log-retention\)/);
});

test.serial('retention-days removes what ended longer ago, but for the most recent success', async (t) => {
  await host.createApp('aged');
  writeRecords(
    host,
    finishedRecord('aged', 'old', 1),
    finishedRecord('aged', 'success', 2),
    finishedRecord('aged', 'failure', 3, { status: 'failed', exit_code: 1 }),
  );
  expectSuccess(await set('--global', 'retention-days', '30'));
  await record('aged', 'new', 1);
  // its own trigger reads no foreign record; the process behind it, or a prune, does
  expectSuccess(await host.dokku(['builds:prune', 'aged']));
  const listed = JSON.parse(await outputOf('builds:list', 'aged', '--format', 'json')) as { id: string }[];
  t.deepEqual(
    listed.map(({ id }) => id),
    ['new', 'success'],
  );
  t.false(existsSync(host.file('aged', 'old.log')));
  expectSuccess(await set('--global', 'retention-days'));
});

test.serial(
  'report says how much the logs take, and what is kept, where no script expects the stock lines',
  async (t) => {
    const bytes = Buffer.byteLength('output of three\noutput of four\n');
    t.is(await outputOf('builds:report', 'shop', '--builds-log-bytes'), `${bytes}\n`);
    t.is(await outputOf('builds:report', 'shop', '--builds-computed-log-retention'), '20\n');
    t.is(await outputOf('builds:report', 'aged', '--builds-computed-retention-days'), '\n');
    const all = JSON.parse(await outputOf('builds:report', '--all', '--format', 'json')) as Record<string, string>[];
    const shop = all.find(({ app }) => app === 'shop') ?? {};
    t.deepEqual(Object.keys(shop).slice(-3), [
      'builds-computed-log-retention',
      'builds-computed-retention-days',
      'builds-log-bytes',
    ]);
    t.is(shop['builds-log-bytes'], String(bytes));
    t.notRegex(await outputOf('builds:report', 'shop'), /log/i);
    t.notRegex(await outputOf('builds:report', 'shop', '--format', 'json'), /log/i);
    t.is((await host.dokku(['builds:report', '--global', '--builds-log-bytes'])).code, 1);
  },
);

test.serial('a clone gets every property of the app', async (t) => {
  expectSuccess(await host.dokku(['builds:set', 'shop', 'mask', '-'], { input: 'AKIA*\n' }));
  expectSuccess(await set('shop', 'notify-format', 'slack'));
  expectSuccess(await host.dokku(['apps:clone', 'shop', 'copy']));
  const property = (app: string, name: string) => readFileSync(`${host.paths.config}/builds/${app}/${name}`, 'utf8');
  for (const name of ['log-retention', 'mask', 'notify-format']) t.is(property('copy', name), property('shop', name));
});
