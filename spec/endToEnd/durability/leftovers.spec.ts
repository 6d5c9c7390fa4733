import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import type { Host } from '../../../host/dokku/environment';
import { type AppName, parseBuildId } from '../../../host/dokku/names';
import { type AppBuilds, appBuilds, deployLockPath, propertiesDirectory } from '../../../host/dokku/paths';
import { identifyProcess } from '../../../host/system/processes';
import { readRunning } from '../../../projections/lists/runningBuilds';
import { createApp, temporaryHost } from '../../temporaryHost';
import { canceled, discarded, finished, started } from '../../journal/buildEvents';
import { append, filesOf, recordsOf, writeForeign } from '../../projections/records/temporaryApp';
import { call, command } from './pluginCalls';
import { cannotTrace, interfering } from './tracing';
import { unless } from './unless';

/* What somebody leaves who is killed between two steps, made by hand; and the next call of the plugin. */

const GONE = 2 ** 22 + 1; // more than any pid
const alive = { process: identifyProcess(process.pid) };

test('records and logs that a killed prune or discard has left go with the next prune', async (t) => {
  const { host, app, builds } = crashed(t);
  append(builds, started('b1', alive), discarded('b1'));
  writeForeign(builds, 'b1', { status: 'running' });
  writeFileSync(join(builds.directory, 'b1.log'), 'output');
  t.is((await call(host, 'builds-record-start', [app, 'b2', String(process.pid), 'git-hook'])).status, 0);
  t.is((await command(host, 'prune', [app])).status, 0);
  t.deepEqual(Object.keys(filesOf(builds)), ['b2.json']);
});

unless(cannotTrace)(
  'logs and records that a killed prune of more builds than are remembered has left go, each with the other',
  async (t) => {
    const ids = Array.from({ length: 101 }, (_, n) => `f${n + 100}`);
    for (const nth of [2, 3, 130, 200]) {
      const { host, app, builds } = crashed(t);
      for (const id of ids) {
        writeForeign(builds, id, { status: 'succeeded', finished_at: '2026-04-30T13:51:00Z', exit_code: 0 });
        writeFileSync(join(builds.directory, `${id}.log`), 'output');
      }
      await command(host, 'set', [app, 'retention', '1']);
      await command(host, 'list', [app]);
      const by = interfering({ call: 'unlink', nth }, 'signal=KILL', '/dev/null');
      const killed = await command(host, 'prune', [app], { by });
      t.is(killed.signal, 'SIGKILL', killed.stderr);
      t.is((await command(host, 'prune', [app])).status, 0);
      t.deepEqual(Object.keys(filesOf(builds)), ['f200.json', 'f200.log'], `a prune killed at file ${nth}`);
    }
  },
);

test('records and logs of pruned builds that a power cut brings back are not shown, and the next prune removes them', async (t) => {
  const { host, app, builds } = crashed(t);
  const ids = Array.from({ length: 101 }, (_, n) => `f${n + 100}`); // more than are remembered
  append(builds, ...ids.flatMap((id) => [started(id), finished(id)]));
  await command(host, 'replay', [app]);
  for (const id of ids) writeFileSync(join(builds.directory, `${id}.log`), 'output');
  const before = filesOf(builds);
  await command(host, 'set', [app, 'retention', '1']);
  t.is((await command(host, 'prune', [app])).status, 0);
  const pruned = filesOf(builds);
  t.deepEqual(Object.keys(pruned), ['f200.json', 'f200.log']);

  for (const [name, text] of Object.entries(before)) writeFileSync(join(builds.directory, name), text);
  const listed = await command(host, 'list', [app, '--format', 'json']);
  t.is((JSON.parse(listed.stdout) as unknown[]).length, 1);
  t.is((await command(host, 'prune', [app])).status, 0);
  t.deepEqual(filesOf(builds), pruned);
});

test('records that a killed trigger did not write are written by the next start, and listed at once', async (t) => {
  const { host, app, builds } = crashed(t);
  append(builds, started('b1', alive), started('b2', alive), canceled('b2'));
  const { stdout } = await command(host, 'list', [app, '--format', 'json']);
  t.deepEqual(
    (JSON.parse(stdout) as { id: string; status: string }[]).map(({ id, status }) => `${id} ${status}`),
    ['b1 running', 'b2 canceled'],
  );
  t.is((await call(host, 'builds-record-start', [app, 'b3', String(process.pid), 'git-hook'])).status, 0);
  t.deepEqual(filesOf(builds), recordsOf(builds));
});

test('temporary files of a record whose writer is gone go with the next prune', async (t) => {
  const { host, app, builds } = crashed(t);
  for (const name of ['.b1.json', '.events.checkpoint'])
    writeFileSync(join(builds.directory, `${name}.${GONE}-1.tmp`), '');
  t.is((await call(host, 'builds-record-start', [app, 'b1', String(process.pid), 'git-hook'])).status, 0);
  t.is((await command(host, 'prune', [app])).status, 0);
  t.deepEqual(Object.keys(filesOf(builds)), ['b1.json']);
});

test('a temporary file whose writer’s pid is somebody else’s by now goes when no write takes so long', async (t) => {
  const { host, app, builds } = crashed(t);
  const names = ['.b1.json', '.events.checkpoint'].map((name) => `${name}.${process.pid}-1.tmp`);
  for (const name of names) writeFileSync(join(builds.directory, name), '');
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 60 * 60;
  utimesSync(join(builds.directory, names[0] ?? ''), twoDaysAgo, twoDaysAgo);
  t.is((await call(host, 'builds-record-start', [app, 'b1', String(process.pid), 'git-hook'])).status, 0);
  t.is((await command(host, 'prune', [app])).status, 0);
  t.deepEqual(Object.keys(filesOf(builds)), [names[1] ?? '', 'b1.json']);
});

test('what a process killed at the seal of the running builds has left goes with the next list', async (t) => {
  const { host, builds } = crashed(t);
  await command(host, 'list', []);
  const running = join(builds.buildsRoot, '.running');
  const temporary = join(running, `..seal.${GONE}-1.tmp`);
  writeFileSync(temporary, '');
  mkdirSync(join(running, 'myapp'), { recursive: true });
  writeFileSync(join(running, 'myapp', 'b9'), ''); // the entry that the seal does not count yet
  t.is((await command(host, 'list', [])).status, 0);
  t.false(existsSync(temporary));
});

test('temporary files of what waits to be announced go when something is delivered', async (t) => {
  const { host, builds } = crashed(t);
  const queue = join(builds.buildsRoot, '.notify');
  const unreadable = '01ARZ3NDEKTSV4RRFFQ69G5FAV.plugins';
  mkdirSync(queue);
  for (const name of [unreadable, `.${unreadable}.${GONE}-1.tmp`]) writeFileSync(join(queue, name), '');
  t.is((await call(host, 'bin/dokku-builds', ['builds-deliver'])).status, 0);
  t.deepEqual(readdirSync(queue), ['deliverer']);
});

test('temporary files of a property go when it is set again', async (t) => {
  const { host, app } = crashed(t);
  const directory = propertiesDirectory(host, app);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `.retention.${GONE}-1.tmp`), '5');
  t.is((await command(host, 'set', [app, 'retention', '7'])).status, 0);
  t.deepEqual(readdirSync(directory), ['retention']);
});

test('a discard that was killed is tidied up by the next prune', async (t) => {
  const { host, app, builds } = crashed(t);
  append(builds, started('b1', alive), discarded('b1'));
  writeForeign(builds, 'b1', { status: 'running' });
  t.is((await command(host, 'prune', [app])).status, 0);
  t.deepEqual(filesOf(builds), {});
});

test('a cancel that was killed before the record was written is finished by the next cancel', async (t) => {
  const { host, app, builds } = crashed(t);
  append(builds, started('b1', { process: { pid: GONE } }), canceled('b1'));
  mkdirSync(join(deployLockPath(host, app), '..'), { recursive: true });
  writeFileSync(deployLockPath(host, app), 'b1\n');
  t.is((await command(host, 'cancel', [app])).status, 0);
  t.deepEqual(filesOf(builds), recordsOf(builds));
});

test('a start that was killed before it was appended does not stay in the view of what runs for ever', async (t) => {
  const { host, app, builds } = crashed(t);
  await command(host, 'list', []);
  mkdirSync(join(builds.buildsRoot, '.running', app), { recursive: true });
  const entry = join(builds.buildsRoot, '.running', app, 'b1');
  writeFileSync(entry, '');
  utimesSync(entry, 0, 0); // not one whose start is about to be appended
  await command(host, 'list', []);
  t.is((await call(host, 'builds-record-start', [app, 'b2', String(process.pid), 'git-hook'])).status, 0);
  t.is((await command(host, 'prune', [app])).status, 0); // as the process behind the deploy: no trigger looks for it
  await command(host, 'list', []);
  t.deepEqual(readRunning(builds.buildsRoot), [{ app, build: parseBuildId('b2') }]);
});

function crashed(t: Parameters<typeof temporaryHost>[0]): { host: Host; app: AppName; builds: AppBuilds } {
  const host = temporaryHost(t);
  const app = createApp(host, 'myapp');
  const builds = appBuilds(host, app);
  mkdirSync(builds.directory, { recursive: true });
  return { host, app, builds };
}
