import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import type { Host } from '../../../host/dokku/environment';
import { Failure } from '../../../host/failure';
import { parseAppName } from '../../../host/dokku/names';
import type { PropertyScope } from '../../../host/dokku/paths';
import {
  clearProperty,
  DEFAULT_RETENTION,
  parsePositiveInteger,
  readProperty,
  resolveRetention,
  writeProperty,
} from '../../../host/dokku/properties';
import { asRoot, asUser, temporaryHost } from '../../temporaryHost';

const app = parseAppName('myapp');

function propertyFile(host: Host, scope: PropertyScope): string {
  return join(host.libRoot, 'config', 'builds', scope, 'retention');
}

function store(host: Host, scope: PropertyScope, content: string): void {
  mkdirSync(join(host.libRoot, 'config', 'builds', scope), { recursive: true });
  writeFileSync(propertyFile(host, scope), content);
}

function resolve(host: Host): { retention: number; warnings: string[] } {
  const warnings: string[] = [];
  return { retention: resolveRetention(host, app, (message) => warnings.push(message)), warnings };
}

test('a property is stored as Dokku stores it: the bare value, 0600, directories 0755', (t) => {
  const host = temporaryHost(t);
  const umask = process.umask(0o077);
  try {
    writeProperty(host, app, 'retention', '5');
  } finally {
    process.umask(umask);
  }
  const file = propertyFile(host, app);
  t.is(readFileSync(file, 'utf8'), '5');
  t.is(statSync(file).mode & 0o7777, 0o600);
  t.is(statSync(join(host.libRoot, 'config')).mode & 0o7777, 0o755);
  t.is(statSync(join(host.libRoot, 'config', 'builds')).mode & 0o7777, 0o755);
  t.is(statSync(join(host.libRoot, 'config', 'builds', app)).mode & 0o7777, 0o755);
  t.deepEqual(readdirSync(join(host.libRoot, 'config', 'builds', app)), ['retention']);
});

test('what was written is read, what was cleared is empty, and clearing twice is no error', (t) => {
  const host = temporaryHost(t);
  t.is(readProperty(host, '--global', 'retention'), '');
  writeProperty(host, '--global', 'retention', '7');
  writeProperty(host, '--global', 'retention', '8');
  t.is(readProperty(host, '--global', 'retention'), '8');
  t.is(readProperty(host, app, 'retention'), '');
  clearProperty(host, '--global', 'retention');
  clearProperty(host, '--global', 'retention');
  t.is(readProperty(host, '--global', 'retention'), '');
});

test('one newline at the end is not part of the value', (t) => {
  const host = temporaryHost(t);
  store(host, app, '5\n');
  t.is(readProperty(host, app, 'retention'), '5');
  store(host, app, '5\n\n');
  t.is(readProperty(host, app, 'retention'), '5\n');
});

test('a property that is a link, or absurdly large, is refused', (t) => {
  const host = temporaryHost(t);
  store(host, app, 'x'.repeat(65 * 1024));
  t.throws(() => readProperty(host, app, 'retention'), { instanceOf: Failure, message: /larger than 65536 bytes/ });
  mkdirSync(join(host.libRoot, 'config', 'builds', '--global'));
  symlinkSync(propertyFile(host, app), propertyFile(host, '--global'));
  t.throws(() => readProperty(host, '--global', 'retention'), { instanceOf: Failure, message: /symbolic link/ });
});

test('retention is the own of the app, else the global one, else 20', (t) => {
  const host = temporaryHost(t);
  t.deepEqual(resolve(host), { retention: DEFAULT_RETENTION, warnings: [] });
  t.is(DEFAULT_RETENTION, 20);
  store(host, '--global', '50\n');
  t.deepEqual(resolve(host), { retention: 50, warnings: [] });
  store(host, app, '3');
  t.deepEqual(resolve(host), { retention: 3, warnings: [] });
});

test('a bad stored retention is warned about and passed over', (t) => {
  const host = temporaryHost(t);
  store(host, app, 'ten\u001b[31m');
  store(host, '--global', '50');
  t.deepEqual(resolve(host), {
    retention: 50,
    warnings: ['Ignoring invalid retention "ten\\x1b[31m" of myapp'],
  });
  store(host, '--global', '0');
  t.deepEqual(resolve(host), {
    retention: 20,
    warnings: ['Ignoring invalid retention "ten\\x1b[31m" of myapp', 'Ignoring invalid retention "0" of --global'],
  });
});

test('a retention that is a directory is warned about and passed over', (t) => {
  const host = temporaryHost(t);
  mkdirSync(propertyFile(host, app), { recursive: true });
  const { retention, warnings } = resolve(host);
  t.is(retention, 20);
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /^Ignoring invalid retention of myapp: .* is not a regular file$/);
});

asRoot('a retention that may not be read is an error, not a smaller number', (t) => {
  const host = temporaryHost(t);
  writeProperty(host, app, 'retention', '500');
  t.throws(() => asUser(65534, () => resolve(host)), { code: 'EACCES' });
});

test('a positive integer is written in digits only', (t) => {
  t.is(parsePositiveInteger('1'), 1);
  t.is(parsePositiveInteger('20'), 20);
  t.is(parsePositiveInteger('9007199254740991'), Number.MAX_SAFE_INTEGER);
  for (const text of ['', '0', '00', '-1', '+1', '1.0', '1e3', '0x10', ' 1', '1\n', 'one', '9007199254740992', '٣']) {
    t.is(parsePositiveInteger(text), undefined, JSON.stringify(text));
  }
});
