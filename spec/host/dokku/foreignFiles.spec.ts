import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import { readDeployLock } from '../../../host/dokku/locks';
import { asBuildId } from '../../../host/dokku/names';
import { deployLockPath, propertiesDirectory } from '../../../host/dokku/paths';
import { resolveRetention } from '../../../host/dokku/retention';
import { createApp, temporaryHost } from '../../temporaryHost';
import { anyText } from '../../anyText';

/* Files that others write, with any bytes in them. */

const numRuns = process.env['SOAK'] === '1' ? 20_000 : 300;

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  anyText({ maxLength: 200 }).map((text) => Buffer.from(text)),
  fc
    .tuple(
      fc.constantFrom('', ' ', '+', '-', '0', '0x', '\ufeff'),
      fc.nat(),
      fc.constantFrom('', '\n', '\r\n', ' ', 'e9', '.5'),
    )
    .map((parts) => Buffer.from(parts.join(''))),
);

test('a deploy lock holds a build id, or says why it does not', (t) => {
  const host = temporaryHost(t);
  const app = createApp(host, 'shop');
  const path = deployLockPath(host, app);
  mkdirSync(dirname(path), { recursive: true });
  t.notThrows(() =>
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        writeFileSync(path, bytes);
        const lock = readDeployLock(host, app);
        const text = bytes.toString().trim();
        if (text === '') return lock.state === 'empty';
        if (asBuildId(text) === undefined) return lock.state === 'unreadable' && !/\p{Cc}/u.test(lock.reason);
        return lock.state === 'held' && lock.id === text;
      }),
      { numRuns },
    ),
  );
});

test('a stored limit is a whole number from 1, or is warned about in one line and ignored', (t) => {
  const host = temporaryHost(t);
  const app = createApp(host, 'shop');
  const directory = propertiesDirectory(host, app);
  mkdirSync(directory, { recursive: true });
  t.notThrows(() =>
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        writeFileSync(join(directory, 'retention'), bytes);
        const warnings: string[] = [];
        const { builds } = resolveRetention(host, app, (warning) => warnings.push(warning));
        const text = bytes.toString().replace(/\n$/, '');
        const isNumber = /^\+?[0-9]+$/.test(text) && Number(text) >= 1;
        if (isNumber || text === '') return warnings.length === 0 && builds === (isNumber ? Number(text) : 20);
        return builds === 20 && warnings.length === 1 && !/\p{Cc}/u.test(warnings.join(''));
      }),
      { numRuns },
    ),
  );
});
