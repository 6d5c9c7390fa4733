import fs, { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import type { Host } from '../../../host/dokku/environment';
import { Failure } from '../../../host/failure';
import { parseAppName } from '../../../host/dokku/names';
import type { PropertyScope } from '../../../host/dokku/paths';
import { clearProperty, parsePositiveInteger, readProperty, writeProperty } from '../../../host/dokku/properties';
import { temporaryHost } from '../../temporaryHost';

const app = parseAppName('myapp');

function propertyFile(host: Host, scope: PropertyScope): string {
  return join(host.libRoot, 'config', 'builds', scope, 'retention');
}

function store(host: Host, scope: PropertyScope, content: string): void {
  mkdirSync(join(host.libRoot, 'config', 'builds', scope), { recursive: true });
  writeFileSync(propertyFile(host, scope), content);
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

test('what was written is read, what was cleared is empty, and clearing twice is not an error', (t) => {
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

test.serial('what was set or unset is on disk, with every directory that is new, before the call returns', (t) => {
  const host = temporaryHost(t);
  const config = join(host.libRoot, 'config');
  const directory = join(config, 'builds', app);
  const done = watchFiles(t);
  writeProperty(host, app, 'retention', '5');
  t.deepEqual(done.splice(0), [
    ...[host.libRoot, config, join(config, 'builds')].map((made) => `sync ${made}`),
    `sync ${directory}/temporary`,
    `rename ${directory}/retention`,
    `sync ${directory}`,
    `sync ${join(config, 'builds')}`,
    `sync ${config}`,
  ]);
  clearProperty(host, app, 'retention');
  t.deepEqual(done.splice(0), [`unlink ${directory}/retention`, `sync ${directory}`]);
  clearProperty(host, app, 'retention'); // it may have been removed by a call that was killed before it synced
  t.is(done.at(-1), `sync ${directory}`);
});

test('nothing is set or unset through a link in place of the properties of the host or of an app', (t) => {
  const host = temporaryHost(t);
  const outside = join(host.libRoot, 'outside');
  mkdirSync(join(outside, app), { recursive: true });
  writeFileSync(join(outside, app, 'retention'), '3');
  mkdirSync(join(host.libRoot, 'config'));
  symlinkSync(outside, join(host.libRoot, 'config', 'builds'));
  const refused = { instanceOf: Failure, message: /config\/builds is a symbolic link, which is not followed$/ };
  t.throws(() => writeProperty(host, app, 'retention', '7'), refused);
  t.throws(() => clearProperty(host, app, 'retention'), refused);
  t.is(readFileSync(join(outside, app, 'retention'), 'utf8'), '3');
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

test('a positive integer is written in digits only', (t) => {
  t.is(parsePositiveInteger('1'), 1);
  t.is(parsePositiveInteger('20'), 20);
  t.is(parsePositiveInteger('9007199254740991'), Number.MAX_SAFE_INTEGER);
  for (const text of ['', '0', '00', '-1', '+1', '1.0', '1e3', '0x10', ' 1', '1\n', 'one', '9007199254740992', '٣']) {
    t.is(parsePositiveInteger(text), undefined, JSON.stringify(text));
  }
});

/** What is synced, renamed and removed from now on, in order. */
function watchFiles(t: ExecutionContext): string[] {
  const done: string[] = [];
  const { fsyncSync, renameSync, unlinkSync, readlinkSync } = fs;
  t.teardown(() => Object.assign(fs, { fsyncSync, renameSync, unlinkSync }));
  const shown = (path: string): string => path.replace(/\.[^/]+\.tmp$/, 'temporary');
  Object.assign(fs, {
    fsyncSync: (fd: number): void => {
      done.push(`sync ${shown(readlinkSync(`/proc/self/fd/${fd}`))}`);
      fsyncSync(fd);
    },
    renameSync: (from: string, to: string): void => {
      done.push(`rename ${to}`);
      renameSync(from, to);
    },
    unlinkSync: (path: string): void => {
      done.push(`unlink ${path}`);
      unlinkSync(path);
    },
  });
  return done;
}
