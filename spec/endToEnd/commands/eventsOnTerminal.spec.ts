import test from 'ava';

import { widthOf } from '../../../host/terminal/table/width';
import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { finishedRecord, writeRecords } from '../expectedRecord';
import { onTerminal } from './terminal';

let host: Sandbox;

const ANN = { SSH_USER: 'dokku', SSH_NAME: 'ann-laptop', SSH_ORIGINAL_COMMAND: "git-receive-pack 'shop'" };

test.before(async () => {
  host = await createSandbox();
  await host.createApp('shop-with-a-rather-long-name');
  await host.createApp('shop');
  writeRecords(
    host,
    finishedRecord('shop', 'adopted1', 1),
    finishedRecord('shop', 'adopted2', 2, { status: 'failed', exit_code: 1 }),
  );
  await host.dokku(['builds:list', 'shop']);
  for (const [id, code] of [
    ['0mp1xk2a9bz001', '0'],
    ['0mp1xk2a9bz002', '137'],
  ] as const) {
    await host.trigger('builds-record-start', ['shop', id, String(process.pid), 'git-hook'], { env: ANN });
    await host.trigger('builds-record-finalize', ['shop', id, code], { env: ANN });
  }
  const other = ['shop-with-a-rather-long-name', '0mp1xk2a9bz003', String(process.pid), 'ps:restart'];
  await host.trigger('builds-record-start', other);
  await host.dokku(['builds:set', 'shop', 'retention', '1']);
  await host.dokku(['builds:prune', 'shop']);
});

test.after.always(() => host.remove());

for (const columns of [40, 80, 120]) {
  test(`events fit ${columns} columns, and no word is broken`, async (t) => {
    for (const args of [
      ['builds:events', 'shop'],
      ['builds:events'],
      ['builds:events', '--relative'],
      ['builds:events', 'shop', '--type', 'Pruned'],
    ]) {
      const { code, plain } = await onTerminal(host, columns, args);
      t.is(code, 0);
      for (const line of plain) t.true(widthOf(line) <= columns, `${columns}: ${line}`);
      const ends = plain.flatMap((line) => /\S*(?=…$)/.exec(line) ?? []);
      for (const end of ends) t.true('exit code 137: killed, often out of memory'.split(/[ :,]+/).includes(end), end);
    }
  });
}

test('each row has the time, what happened in its colour, the build, and what else there is room for', async (t) => {
  const { lines, plain } = await onTerminal(host, 120, ['builds:events', 'shop']);
  t.is(plain[0], 'Time      Event      Build           What');
  const text = plain.join('\n');
  t.regex(
    text,
    /^\d\d:\d\d:\d\d {2}started {4}0mp1xk2a9bz001 {2}git-hook, by ann-laptop, with git-receive-pack, pid \d+$/m,
  );
  t.regex(text, /^\d\d:\d\d:\d\d {2}failed {5}0mp1xk2a9bz002 {2}exit code 137: killed, often out of memory$/m);
  t.regex(text, /^\d\d:\d\d:\d\d {2}pruned {5}3 builds {8}retention, adopted1, /m);
  for (const [word, colour] of [
    ['started', 36],
    ['succeeded', 32],
    ['failed', 31],
    ['pruned', 2],
  ] as const)
    t.regex(lines.join('\n'), new RegExp(`\u001b\\[${colour}m${word} *\u001b\\[0m`));
  const { lines: uncoloured } = await onTerminal(host, 120, ['builds:events', 'shop', '--no-color']);
  t.deepEqual(uncoloured, plain);
});

test('a terminal too narrow for one row has two for each event', async (t) => {
  const { plain } = await onTerminal(host, 40, ['builds:events', 'shop', '--build', '0mp1xk2a9bz002']);
  t.regex(plain.join('\n'), /^\d\d:\d\d:\d\d {2}failed\n {2}0mp1xk2a9bz002 {2}exit code 137…$/m);
});

test('an adopted event has the time when it happened, and one line says how many were adopted when', async (t) => {
  const { plain } = await onTerminal(host, 80, ['builds:events', 'shop']);
  t.deepEqual(plain.slice(1, 4), [
    '2026-04-30 UTC',
    '13:01:00  started    adopted1        git-hook, pid 4242',
    '13:02:14  succeeded  adopted1        exit code 0',
  ]);
  t.regex(plain[6] ?? '', /^\d{4}-\d\d-\d\d UTC$/, 'the day of what this program recorded itself');
  t.regex(plain.at(-1) ?? '', /^2 builds adopted \d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
  const { stdout } = await host.dokku(['builds:events', 'shop']);
  t.regex(stdout, /^2026-04-30T13:02:14Z {2}2 {6}BuildFinished {2}adopted1 {8}succeeded, exit code 0, adopted \d{4}-/m);
});

test('--since and --until compare the time that is shown', async (t) => {
  const then = ['--since', '2026-04-30', '--until', '2026-04-30'];
  const { plain } = await onTerminal(host, 80, ['builds:events', ...then]);
  t.is(plain.filter((line) => /adopted[12] /.test(line)).length, 4);
  const json = await host.dokku(['builds:events', 'shop', ...then, '--format', 'json']);
  t.is(json.stdout, '[]\n', 'the time of an event is when it was recorded');
});

test('--relative gives ages, on a terminal and in a pipe', async (t) => {
  const { plain } = await onTerminal(host, 80, ['builds:events', 'shop', '--relative']);
  t.is(plain[0], 'When      Event      Build           What');
  t.regex(plain[1] ?? '', /^\d+[smhdwy] ago +started +adopted1 /);
  const { stdout } = await host.dokku(['builds:events', 'shop', '--relative']);
  t.regex(stdout, /^\d+[smhdwy] ago +1 +BuildStarted +adopted1 .* adopted \d+[smhdwy] ago$/m);
});
