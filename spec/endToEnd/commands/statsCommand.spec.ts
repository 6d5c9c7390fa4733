import test from 'ava';

import { finishedRecord, writeRecords } from '../expectedRecord';
import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { onTerminal } from './terminal';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
  await Promise.all(['shop', 'blog', 'idle'].map((app) => host.createApp(app)));
  writeRecords(
    host,
    finishedRecord('shop', 'well', 1),
    finishedRecord('shop', 'slow', 2, { finished_at: '2026-04-30T13:12:00Z' }),
    finishedRecord('shop', 'badly', 3, { status: 'failed', exit_code: 1, source: 'git:sync' }),
    finishedRecord('shop', 'stopped', 4, { status: 'canceled', exit_code: -1 }),
    finishedRecord('blog', 'again', 5, { kind: 'deploy', source: 'ps:restart' }),
  );
  await host.dokku(['builds:set', 'shop', 'retention', '1']);
  await host.dokku(['builds:prune', 'shop']);
});

test.after.always(() => host.remove());

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await host.dokku(['builds:stats', ...args, '--format', 'json']);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

test('without an app, stats are those of all apps that the caller may see', async (t) => {
  const apps = (stats: Record<string, unknown>) => (stats['apps'] as { app: string }[]).map(({ app }) => app);
  const all = await json();
  t.is(all['app'], null);
  t.is(all['builds'], 5);
  t.deepEqual(apps(all), ['shop', 'blog']);
  const deliveries = (all['apps'] as { delivery: unknown }[]).map(({ delivery }) => delivery);
  t.like(deliveries[0], { deployments: 2, failed_deployments: 1, change_failure_rate: 0.3333, restored: 0 });
  t.like(deliveries[1], { deployments: 0, change_failure_rate: null }, 'a restart is not a deployment');
  t.like(all['delivery'], { deployments: 2, failed_deployments: 1, lead_time_seconds: null });

  const walled = await createSandbox();
  try {
    await Promise.all(['shop', 'blog'].map((app) => walled.createApp(app)));
    writeRecords(walled, finishedRecord('shop', 'b1', 1), finishedRecord('blog', 'b2', 1));
    walled.addPlugin('acl', { 'user-auth-app': '#!/bin/sh\necho blog\n' });
    const { stdout } = await walled.dokku(['builds:stats', '--format', 'json']);
    t.deepEqual(apps(JSON.parse(stdout) as Record<string, unknown>), ['blog']);
    t.is((await walled.dokku(['builds:stats', 'shop'])).code, 20);
  } finally {
    await walled.remove();
  }
});

test('on a terminal there are bars in colour, and no line is wider than it', async (t) => {
  const { code, lines, plain } = await onTerminal(host, 120, ['builds:stats', 'shop']);
  t.is(code, 0);
  t.is(plain[0], '=====> shop builds since 2026-04-30T13:01:00Z');
  t.regex(plain.join('\n'), /^git-hook +3 +100% +█{10} /m);
  t.true(lines.join('\n').includes(`\u001b[32m${'█'.repeat(10)}\u001b[0m`));
  t.regex(plain.join('\n'), /^ {7}Last 30 Days: {4}[·▁▂▃▄▅▆▇█]{30} /m);
  await host.createApp('young');
  const yesterday = new Date(Date.now() - 86_400_000).toISOString();
  writeRecords(host, finishedRecord('young', 'b1', 1, { started_at: yesterday, finished_at: yesterday }));
  const young = await onTerminal(host, 120, ['builds:stats', 'young']);
  t.regex(young.plain.join('\n'), /^ {7}Last [23] Days: {5}█·{1,2} up to 1 a day$/m, 'no days before the first build');
  const calm = await onTerminal(host, 120, ['builds:stats', 'shop', '--no-color']);
  t.deepEqual(calm.lines, calm.plain);
  for (const columns of [80, 60, 40]) {
    for (const args of [['builds:stats'], ['builds:stats', 'shop']]) {
      for (const line of (await onTerminal(host, columns, args)).plain)
        t.true(Array.from(line).length <= columns, `${columns}: ${line}`);
    }
  }
  const ascii = await onTerminal(host, 120, ['builds:stats', 'shop'], { LC_ALL: 'C' });
  t.regex(ascii.plain.join('\n'), /^git-hook +3 +100% +#{10} /m);
});
