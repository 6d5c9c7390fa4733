import { utimesSync } from 'node:fs';

import test, { type ExecutionContext } from 'ava';

import { propertyPath } from '../../../host/dokku/paths';
import { writeProperty } from '../../../host/dokku/properties';
import { resolveNotifySettings } from '../../../subscribers/notifications/settings';
import { createApp, temporaryHost } from '../../temporaryHost';

const HOUR_MS = 3_600_000;

/** From when on events are notified if the clock showed `setAt` (ms since the epoch) when the url was set. */
function sinceOf(t: ExecutionContext, setAt: number): number | undefined {
  const host = temporaryHost(t);
  const app = createApp(host, 'shop');
  writeProperty(host, app, 'notify-url', 'https://example.com/');
  utimesSync(propertyPath(host, app, 'notify-url'), setAt / 1000, setAt / 1000);
  return resolveNotifySettings(host, app)?.since;
}

test('events are notified from the time on at which the url was set', (t) => {
  const hourAgo = Math.floor(Date.now() / 1000) * 1000 - HOUR_MS;
  t.is(sinceOf(t, hourAgo), hourAgo);
});

test('if the clock was set back after the url was set, new events are notified, and old ones are not', (t) => {
  const now = Date.now();
  const since = sinceOf(t, now + HOUR_MS) ?? Number.NaN;
  t.true(since < now);
  t.true(since > now - HOUR_MS);
});
