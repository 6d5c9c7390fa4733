import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import type { AppBuilds } from '../../../host/dokku/paths';
import { identifyProcess } from '../../../host/system/processes';
import type { Build } from '../../../journal/history';
import { catchUp, type CaughtUp } from '../../../projections/records/catchUp';
import { readCheckpoint } from '../../../journal/checkpoint';
import { loadHistory } from '../../../journal/loadHistory';
import { readRunning, rebuildRunning } from '../../../projections/lists/runningBuilds';
import { settle } from '../../../projections/records/updateFiles';
import { asRoot, asUser } from '../../temporaryHost';
import { discard, finish, prune, start } from '../../journal/buildCommands';
import { finished, minute, minuteText, pruned, started } from '../../journal/buildEvents';
import { append, handle, refuseWarning, temporaryApp, writeForeign } from './temporaryApp';

const ended = { status: 'succeeded', finished_at: minuteText(1), exit_code: 0 };

test('a record that the journal has never seen is adopted, and said to be', (t) => {
  const builds = temporaryApp(t);
  writeForeign(builds, 'b1', { ...ended, source: 'git:sync', pid: 7 });
  const { history, head } = caughtUp(builds);
  t.is(head.seq, 2);
  t.like(history.builds[0], { id: 'b1', status: 'succeeded', source: 'git:sync', adopted: true, process: { pid: 7 } });
  t.deepEqual(loadHistory(builds.directory).history, history);
});

test('what was adopted is not adopted again', (t) => {
  const builds = temporaryApp(t);
  writeForeign(builds, 'b1', ended);
  writeForeign(builds, 'b2', { status: 'running' });
  t.is(caughtUp(builds).head.seq, 3);
  t.is(caughtUp(builds).head.seq, 3);
});

test('adopted builds stand by their start, whatever their files are called', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b2', { startedAt: minuteText(2) }));
  for (const [id, start_] of [
    ['x1', 3],
    ['x2', 1],
    ['a9', 4],
  ] as const) {
    writeForeign(builds, id, { ...ended, started_at: minuteText(start_), finished_at: minuteText(9) });
  }
  t.deepEqual(ids(caughtUp(builds).history.builds), ['x2', 'b2', 'x1', 'a9']);
});

test('the end of an adopted build is taken from its record', (t) => {
  const builds = temporaryApp(t);
  writeForeign(builds, 'b1', { status: 'running', pid: process.pid });
  t.is(caughtUp(builds).history.builds[0]?.status, 'running');
  writeForeign(builds, 'b1', { ...ended, pid: process.pid });
  t.is(caughtUp(builds).history.builds[0]?.status, 'succeeded');
});

test('an end that something else has recorded for a build of ours counts when its process is gone, and not before', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('alive', { process: identifyProcess(process.pid) }));
  handle(builds, start('dead', { process: { ...identifyProcess(process.pid), startTicks: 1 } }));
  for (const id of ['alive', 'dead']) writeForeign(builds, id, { ...ended, status: 'failed', exit_code: 3 });
  t.deepEqual(
    caughtUp(builds).history.builds.map(({ id, status }) => [id, status]),
    [
      ['alive', 'running'],
      ['dead', 'failed'],
    ] as never,
  );
});

test('what the journal says has ended stays as it ended, whatever its record says', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  handle(builds, finish('b1', { exitCode: 1 }));
  writeForeign(builds, 'b1', ended);
  t.like(caughtUp(builds), { head: { seq: 2 }, history: { builds: [{ status: 'failed', exitCode: 1 }] } } as never);
});

test('records of builds that left, which a crash left behind, stay gone', (t) => {
  const builds = temporaryApp(t);
  const many = Array.from({ length: 70 }, (_, n) => `b${n}`);
  append(builds, ...many.flatMap((id) => [started(id), finished(id)]), pruned(...many));
  for (const id of many) writeForeign(builds, id, ended);
  t.deepEqual(caughtUp(builds).history.builds, []);
});

test('what cannot be read is told, and left alone', (t) => {
  const builds = temporaryApp(t);
  writeForeign(builds, 'good', ended);
  writeFileSync(join(builds.directory, 'half.json'), '{"id": "half", "sta');
  mkdirSync(join(builds.directory, 'directory.json'));
  symlinkSync('good.json', join(builds.directory, 'link.json'));
  writeFileSync(join(builds.directory, 'huge.json'), ' '.repeat(70_000));
  const warnings: string[] = [];
  const { history } = catchUp(builds, minute(5), (message) => warnings.push(message));
  t.deepEqual(ids(history.builds), ['good']);
  t.is(warnings.length, 4);
  for (const id of ['half', 'directory', 'link', 'huge']) {
    t.is(warnings.filter((message) => message.startsWith(`The record myapp/${id} cannot be read (`)).length, 1, id);
  }
});

test('files that are no records are passed over in silence', (t) => {
  const builds = temporaryApp(t);
  for (const name of ['b1.log', '.hidden.json', 'a b.json', 'x.json.bak', '..json', '-b.json']) {
    writeFileSync(join(builds.directory, name), '{}');
  }
  t.deepEqual(caughtUp(builds).history.builds, []);
});

test('an app without a directory is an app without builds', (t) => {
  const builds = temporaryApp(t);
  rmSync(builds.directory, { recursive: true });
  t.deepEqual(caughtUp(builds).history.builds, []);
});

test('a record as long as may be read, with a text as long as fits, harms nothing', (t) => {
  const builds = temporaryApp(t);
  writeFileSync(
    join(builds.directory, 'b1.json'),
    JSON.stringify({ started_at: minuteText(0), status: 'running', source: 'x'.repeat(65_440) }),
  );
  writeForeign(builds, 'b2', ended);
  const { history } = catchUp(builds, minute(5), () => undefined);
  t.true(ids(history.builds).includes('b2'));
});

test('a damaged journal is told of, by the name of its app', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'));
  writeFileSync(join(builds.directory, 'events.journal'), 'debris', { flag: 'a' });
  const warnings: string[] = [];
  catchUp(builds, minute(5), (message) => warnings.push(message));
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /^The journal of myapp is damaged from byte \d+ to \d+; see builds:verify myapp$/);
});

asRoot('who may only read sees what was not adopted yet as if it were, and writes nothing', (t) => {
  const builds = temporaryApp(t);
  writeForeign(builds, 'b1', ended);
  chmodSync(builds.directory, 0o755);
  const seen = asUser(65534, () => caughtUp(builds));
  t.deepEqual(ids(seen.history.builds), ['b1']);
  t.is(loadHistory(builds.directory).head.seq, 0);
  chownSync(builds.directory, 65534, 65534);
  asUser(65534, () => caughtUp(builds));
  t.is(loadHistory(builds.directory).head.seq, 2);
});

test('a running build that was adopted is in the view of what runs', (t) => {
  const builds = temporaryApp(t);
  rebuildRunning(builds.buildsRoot, [], () => false);
  writeForeign(builds, 'b1', { status: 'running', pid: process.pid });
  const caught = caughtUp(builds);
  settle(builds, { loaded: caught, added: [] }, refuseWarning);
  const view = readRunning(builds.buildsRoot);
  t.true(view === undefined || view.some(({ build }) => build === caught.history.builds[0]?.id));
});

test('what a stock Dokku has pruned meanwhile has left', (t) => {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2']) {
    handle(builds, start(id));
    handle(builds, finish(id));
  }
  rmSync(join(builds.directory, 'b1.json'));
  writeForeign(builds, 'b3', ended);
  t.deepEqual(ids(caughtUp(builds).history.builds), ['b2', 'b3']);
});

test('a build whose record was deleted has not been pruned where an older one is left, or an adopted one is older', (t) => {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2', 'b3', 'b4']) {
    handle(builds, start(id));
    handle(builds, finish(id));
  }
  for (const id of ['b1', 'b3']) rmSync(join(builds.directory, `${id}.json`));
  const earlier = { started_at: minuteText(-9), finished_at: minuteText(-8) };
  writeForeign(builds, 'old', { ...ended, ...earlier });
  t.deepEqual(ids(caughtUp(builds).history.builds), ['old', 'b1', 'b2', 'b3', 'b4']);
  settle(builds, { loaded: caughtUp(builds), added: [] }, refuseWarning);
  for (const id of ['old', 'b1', 'b3']) rmSync(join(builds.directory, `${id}.json`));
  writeForeign(builds, 'new', { ...ended, started_at: minuteText(2), finished_at: minuteText(3) });
  t.deepEqual(ids(caughtUp(builds).history.builds), ['b2', 'b3', 'b4', 'new']);
});

test('where only logs are left, or no record of an ended build, nothing has been pruned', (t) => {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2']) {
    handle(builds, start(id));
    handle(builds, finish(id));
    rmSync(join(builds.directory, `${id}.json`));
  }
  writeForeign(builds, 'b3', { status: 'running', pid: process.pid, started_at: minuteText(2) });
  t.deepEqual(ids(caughtUp(builds).history.builds), ['b1', 'b2', 'b3']);
  writeFileSync(join(builds.directory, 'b1.log'), '');
  writeForeign(builds, 'b4', { ...ended, started_at: minuteText(3), finished_at: minuteText(4) });
  t.deepEqual(ids(caughtUp(builds).history.builds), ['b1', 'b2', 'b3', 'b4']);
});

test.serial('a build that began and ended while the directory was listed has not been pruned by anybody', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  writeForeign(builds, 'b2', ended);
  const { readdirSync } = fs;
  t.teardown(() => Object.assign(fs, { readdirSync }));
  const meanwhile = (...args: Parameters<typeof readdirSync>): unknown => {
    fs.readdirSync = readdirSync;
    const names = readdirSync(...args);
    handle(builds, start('quick'));
    handle(builds, finish('quick'));
    return names;
  };
  Object.assign(fs, { readdirSync: meanwhile });
  t.true(ids(caughtUp(builds).history.builds).includes('quick'));
});

test('a build whose record was not written yet when it ended has not been pruned by anybody', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'), finished('b1', { finishedAt: minuteText(5) })); // and nobody has settled yet
  writeForeign(builds, 'b2', ended);
  t.deepEqual(ids(caughtUp(builds).history.builds), ['b1', 'b2']);
});

test('deleting every record changes no answer', (t) => {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2', 'b3']) {
    handle(builds, start(id));
    if (id !== 'b3') handle(builds, finish(id));
  }
  handle(builds, prune(1));
  handle(builds, start('b4'));
  handle(builds, discard('b4'));
  const before = caughtUp(builds).history;
  for (const id of ['b2', 'b3']) rmSync(join(builds.directory, `${id}.json`));
  t.deepEqual(caughtUp(builds).history, before);
});

test('who had to read a long history leaves a checkpoint for the next one, unless nothing may be written', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...Array.from({ length: 600 }, (_, n) => [started(`b${n}`), finished(`b${n}`)]).flat());
  const readOnly = catchUp({ ...builds, readOnly: true }, minute(5), refuseWarning);
  t.is(readCheckpoint(builds.directory), undefined);
  const { history, folded } = caughtUp(builds);
  t.is(folded, 1200);
  t.deepEqual(readCheckpoint(builds.directory)?.history, history);
  t.deepEqual([readOnly.history, caughtUp(builds).history, caughtUp(builds).folded], [history, history, 0]);
});

function caughtUp(builds: AppBuilds): CaughtUp {
  return catchUp(builds, minute(5), refuseWarning);
}

function ids(builds: readonly Build[]): string[] {
  return builds.map(({ id }) => id);
}
