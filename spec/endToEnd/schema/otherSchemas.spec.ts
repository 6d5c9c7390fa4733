import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { parseAppName } from '../../../host/dokku/names';
import type { Sandbox } from '../../../scripts/sandbox/host';
import { testJson } from '../../../subscribers/notifications/formats/json';
import { testMessage } from '../../../subscribers/notifications/formats/message';
import { APP, printed, printedArray, recordedHost } from './recordedHost';
import { assertRefused, assertValid, type Json, misshapen, without } from './schemas';

let host: Sandbox;
test.before(async () => {
  host = await recordedHost();
  await host.createApp('empty');
});
test.after.always(() => host.remove());

/** Each schema with what the program prints: objects, one or many. */
async function outputs(): Promise<[name: string, objects: readonly Json[]][]> {
  const lines = async (args: readonly string[]): Promise<Json[]> => {
    const { stdout } = await host.dokku(args);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Json);
  };
  const json = ['--format', 'json'];
  const status = (await host.program(['host:status', ...json])).stdout;
  return [
    ['report', await lines(['builds:report', ...json])],
    ['report', await lines(['builds:report', APP, '--build-status', ...json])],
    ['report', await lines(['builds:report', '--global', ...json])],
    ['report', await printedArray(host, ['builds:report', '--all', ...json])],
    ['stats', [(await printed(host, ['builds:stats', ...json])) as Json]],
    ['stats', [(await printed(host, ['builds:stats', APP, '--since', '90d', ...json])) as Json]],
    ['stats', [(await printed(host, ['builds:stats', 'empty', ...json])) as Json]],
    ['verify', await lines(['builds:verify', ...json])],
    ['verify', await lines(['builds:verify', APP, '--head', '0'.repeat(64), ...json])],
    ['status', [JSON.parse(status) as Json]],
    ['notification', [testJson(testMessage(parseAppName(APP), 'host'), '01M8BV64Y2K25N8VWKFWE4WT3Y', 0) as Json]],
  ];
}

test('everything that the program prints as JSON is valid, and nothing that lacks a key or has one more', async (t) => {
  for (const [name, objects] of await outputs()) {
    t.true(objects.length > 0, name);
    for (const object of objects) {
      assertValid(t, name, object);
      assertRefused(t, name, { ...object, surprise: 1 }, 'one more key');
      for (const [what, value] of misshapen(object).filter(([, one]) =>
        Object.values(one).some((v) => typeof v === 'object' && v !== null && 'not' in v),
      ))
        assertRefused(t, name, value, what);
      if (name === 'report') continue; // a value alone is one, too
      for (const [what, value] of without(
        object,
        Object.keys(object).filter((key) => key !== 'pinned'),
      ))
        assertRefused(t, name, value, what);
    }
  }
});

test('releases are valid', async (t) => {
  const releases = await printedArray(host, ['builds:releases', APP, '--format', 'json']);
  t.true(releases.length > 0);
  assertValid(t, 'releases', releases);
  for (const release of releases) {
    for (const [what, value] of without(release, ['release', 'app', 'build', 'current', 'actor']))
      assertRefused(t, 'releases', [value], what);
  }
});

test('report --all is one document with the name of each app', async (t) => {
  const all = await printedArray(host, ['builds:report', '--all', '--format', 'json']);
  t.deepEqual(
    all.map(({ app }) => app),
    ['empty', APP],
  );
  assertValid(t, 'report', all);
  assertRefused(
    t,
    'report',
    [Object.fromEntries(Object.entries(all[0] ?? {}).filter(([key]) => key !== 'app'))],
    'no app',
  );
});

test('every schema has an id of its own', (t) => {
  const directory = join(__dirname, '..', '..', '..', 'docs', 'schema');
  for (const name of readdirSync(directory)) {
    const { $id } = JSON.parse(readFileSync(join(directory, name), 'utf8')) as { $id: string };
    t.is($id, `dokku-builds:/schema/${name}`);
  }
});
