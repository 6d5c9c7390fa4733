import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import test from 'ava';

import type { Host } from '../../../host/dokku/environment';
import { parseAppName } from '../../../host/dokku/names';
import type { PropertyScope } from '../../../host/dokku/paths';
import { writeProperty } from '../../../host/dokku/properties';
import { DEFAULT_RETENTION, parseLimit, type Retention, resolveRetention } from '../../../host/dokku/retention';
import { asRoot, asUser, temporaryHost } from '../../temporaryHost';

const app = parseAppName('myapp');

function propertyFile(host: Host, scope: PropertyScope, name = 'retention'): string {
  return join(host.libRoot, 'config', 'builds', scope, name);
}

function store(host: Host, scope: PropertyScope, content: string, name = 'retention'): void {
  mkdirSync(dirname(propertyFile(host, scope)), { recursive: true });
  writeFileSync(propertyFile(host, scope, name), content);
}

function resolve(host: Host): { retention: Retention; warnings: string[] } {
  const warnings: string[] = [];
  return { retention: resolveRetention(host, app, (message) => warnings.push(message)), warnings };
}

test('retention is the own of the app, else the global one, else 20', (t) => {
  const host = temporaryHost(t);
  t.deepEqual(resolve(host), { retention: { builds: DEFAULT_RETENTION }, warnings: [] });
  t.is(DEFAULT_RETENTION, 20);
  store(host, '--global', '50\n');
  t.deepEqual(resolve(host), { retention: { builds: 50 }, warnings: [] });
  store(host, app, '3');
  t.deepEqual(resolve(host), { retention: { builds: 3 }, warnings: [] });
});

test('a bad stored retention is warned about and ignored', (t) => {
  const host = temporaryHost(t);
  store(host, app, 'ten\u001b[31m');
  store(host, '--global', '50');
  t.deepEqual(resolve(host), {
    retention: { builds: 50 },
    warnings: ['Ignoring invalid retention "ten\\x1b[31m" of myapp'],
  });
  store(host, '--global', '0');
  t.deepEqual(resolve(host), {
    retention: { builds: 20 },
    warnings: ['Ignoring invalid retention "ten\\x1b[31m" of myapp', 'Ignoring invalid retention "0" of --global'],
  });
});

test('a retention that is a directory is warned about and ignored', (t) => {
  const host = temporaryHost(t);
  mkdirSync(propertyFile(host, app), { recursive: true });
  const { retention, warnings } = resolve(host);
  t.deepEqual(retention, { builds: 20 });
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /^Ignoring invalid retention of myapp: .* is not a regular file$/);
});

asRoot('a retention that may not be read is an error, not a smaller number', (t) => {
  const host = temporaryHost(t);
  writeProperty(host, app, 'retention', '500');
  t.throws(() => asUser(65534, () => resolve(host)), { code: 'EACCES' });
});

test('days and logs are limits of their own: the own of the app, else the global one, else none', (t) => {
  const host = temporaryHost(t);
  store(host, '--global', '90', 'retention-days');
  store(host, '--global', '5', 'log-retention');
  t.deepEqual(resolve(host).retention, { builds: 20, days: 90, logs: 5 });
  store(host, app, '7', 'retention-days');
  store(host, app, 'few', 'log-retention');
  t.deepEqual(resolve(host), {
    retention: { builds: 20, days: 7, logs: 5 },
    warnings: ['Ignoring invalid log-retention "few" of myapp'],
  });
});

test('a limit is a whole number of at least 1, with a plus or without', (t) => {
  t.is(parseLimit('5'), 5);
  t.is(parseLimit('+5'), 5);
  for (const text of ['', '+', '0', '+0', '-1', '++5', '+ 5', '1.5']) t.is(parseLimit(text), undefined, text);
});
