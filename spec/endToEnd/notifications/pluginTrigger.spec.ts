import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, expectSuccess, type Sandbox, script } from '../../../scripts/sandbox/host';
import { record } from './notified';

/** A plugin whose trigger writes down what it is called with, and what its stdin holds. */
function listener(host: Sandbox, ...before: string[]): { heard: () => string[]; program: string } {
  const file = join(host.paths.tmp, 'heard');
  return {
    program: script(...before, `{ echo "$*"; cat; } >>'${file}'`),
    heard: () => (existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []),
  };
}

async function worked(host: Sandbox): Promise<void> {
  expectSuccess(await host.run([join(host.paths.plugins, 'enabled/builds/bin/dokku-builds'), 'builds-deliver']));
  expectSuccess(await host.run(['flock', join(host.paths.builds, '.notify', 'deliverer'), 'true']));
}

async function withHost(work: (host: Sandbox) => Promise<void>): Promise<void> {
  const host = await createSandbox();
  try {
    await host.createApp('shop');
    await work(host);
  } finally {
    await host.remove();
  }
}

test('a plugin hears of every event in order, with the event on its stdin as builds:events gives it', async (t) => {
  await withHost(async (host) => {
    const { program, heard } = listener(host);
    host.addPlugin('listener', { 'builds-event': program });
    await host.dokku(['builds:set', 'shop', 'retention', '1']);
    await record(host, 'one', 0);
    await record(host, 'two', 7);
    await worked(host);
    const lines = heard();
    const called = lines.filter((_, at) => at % 2 === 0);
    t.deepEqual(called, [
      'shop one BuildStarted running',
      'shop one BuildFinished succeeded',
      'shop two BuildStarted running',
      'shop two BuildFinished failed',
      'shop two Pruned pruned', // the last success stays longest
    ]);
    const told = lines.filter((_, at) => at % 2 === 1).map((line) => JSON.parse(line) as unknown);
    const events = await host.dokku(['builds:events', 'shop', '--format', 'jsonl']);
    t.deepEqual(
      told,
      events.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});

test('a plugin that hangs delays no deploy', async (t) => {
  await withHost(async (host) => {
    const gate = host.gate();
    const { program, heard } = listener(host, gate.wait);
    host.addPlugin('listener', { 'builds-event': program });
    t.is((await host.push('shop', { build: script('echo fine') })).code, 0);
    t.deepEqual(heard(), []);
    gate.open();
    await worked(host);
    t.is(heard().length, 4);
  });
});

test('a plugin that fails has been told, and keeps the next event from nobody', async (t) => {
  await withHost(async (host) => {
    const { program, heard } = listener(host);
    host.addPlugin('listener', { 'builds-event': `${program}exit 1\n` });
    await record(host, 'one', 0);
    await worked(host);
    t.is(heard().length, 4);
  });
});

test('where nobody wants to hear, nothing is queued and nothing is started', async (t) => {
  await withHost(async (host) => {
    host.addPlugin('20_events', { 'builds-event': script('exit 1') }); // it logs every trigger of every plugin
    host.addPlugin('other', { 'post-deploy': script('exit 0') });
    await record(host, 'one', 1);
    t.false(existsSync(host.file('.notify', '')));
    t.false(existsSync(host.file('shop', '.queued-up-to')));
  });
});

test('without a plugn on the PATH no plugin is told, and nothing is said about it', async (t) => {
  await withHost(async (host) => {
    const { program } = listener(host);
    host.addPlugin('listener', { 'builds-event': program });
    const trigger = join(host.paths.plugins, 'enabled/builds/builds-record-start');
    const env = { PATH: `${join(process.execPath, '..')}:/usr/bin:/bin` };
    const deploy = host.process();
    t.like(await host.run([trigger, 'shop', 'one', String(deploy.pid), 'deploy'], { env }), { code: 0, stderr: '' });
    t.false(existsSync(host.file('.notify', '')));
  });
});

test('records of another tracking that are adopted are nobody’s news', async (t) => {
  await withHost(async (host) => {
    const { program, heard } = listener(host);
    host.addPlugin('listener', { 'builds-event': program });
    await record(host, 'one', 0);
    host.write(
      host.file('shop', 'stock1.json'),
      JSON.stringify({
        id: 'stock1',
        app: 'shop',
        kind: 'build',
        pid: 1,
        started_at: '2026-04-30T13:50:00Z',
        status: 'failed',
        source: 'git-hook',
        exit_code: 1,
        finished_at: '2026-04-30T13:51:00Z',
      }),
    );
    await record(host, 'two', 0);
    await worked(host);
    const called = heard().filter((_, at) => at % 2 === 0);
    t.deepEqual(
      called.map((line) => line.split(' ')[1]),
      ['one', 'one', 'two', 'two'],
    );
  });
});
