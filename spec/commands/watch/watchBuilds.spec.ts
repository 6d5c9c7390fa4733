import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { watchBuilds } from '../../../commands/watch/watchBuilds';
import { appBuilds } from '../../../host/dokku/paths';
import { finished, minuteText, started } from '../../journal/buildEvents';
import { append } from '../../projections/records/temporaryApp';
import { createApp, temporaryHost } from '../../temporaryHost';

test('damage that appears while somebody watches is reported once, and later events are shown', (t) => {
  const host = temporaryHost(t);
  const shop = createApp(host, 'shop');
  const app = appBuilds(host, shop);
  mkdirSync(app.directory, { recursive: true });
  append(app, started('b1'), finished('b1'));
  const told: string[] = [];
  const builds = watchBuilds(host, shop, (message) => told.push(message));
  const ids = () => builds.read(Date.now(), 10).map(({ shown }) => shown.build.id as string);
  t.deepEqual([ids(), told], [['b1'], []]);
  appendFileSync(join(app.directory, 'events.journal'), 'debris');
  t.deepEqual([ids(), told.length], [['b1'], 1]);
  append(app, started('b2', { startedAt: minuteText(2) }), finished('b2', { finishedAt: minuteText(3) }));
  ids();
  t.deepEqual([ids(), told.length], [['b2', 'b1'], 1]);
  t.regex(told.join(), /^The journal of shop is damaged from byte \d+ to \d+; see builds:verify shop$/);
});
