import { appendFileSync } from 'node:fs';

import test from 'ava';

import { watchBuilds } from '../../../commands/watch/watchBuilds';
import { readHost } from '../../../host/dokku/environment';
import { parseAppName } from '../../../host/dokku/names';
import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

async function record(app: string, id: string): Promise<void> {
  await host.trigger('builds-record-start', [app, id, String(process.pid), 'git-hook']);
  await host.trigger('builds-record-finalize', [app, id, '0']);
}

test('what is damaged while one watches is told of, once, and what comes behind it is shown', async (t) => {
  await host.createApp('shop');
  await record('shop', 'b1');
  const told: string[] = [];
  const builds = watchBuilds(readHost(host.env, false), parseAppName('shop'), (message) => told.push(message));
  const ids = () => builds.read(Date.now(), 10).map(({ shown }) => shown.build.id);
  t.deepEqual([ids(), told], [['b1'], []]);
  appendFileSync(host.file('shop', 'events.journal'), 'debris');
  t.deepEqual([ids(), told.length], [['b1'], 1]);
  await record('shop', 'b2');
  ids();
  t.deepEqual([ids(), told.length], [['b2', 'b1'], 1]);
  t.regex(told.join(), /^The journal of shop is damaged from byte \d+ to \d+; see builds:verify shop$/);
});
