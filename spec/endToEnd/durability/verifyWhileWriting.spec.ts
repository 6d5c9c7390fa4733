import { mkdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { isBeingWritten, settled } from '../../../commands/verify/verifySettled';
import type { Host } from '../../../host/dokku/environment';
import type { AppName } from '../../../host/dokku/names';
import { type AppBuilds, appBuilds } from '../../../host/dokku/paths';
import type { Deviation } from '../../../journal/file/verifyJournal';
import { loadHistory } from '../../../journal/loadHistory';
import { verifyApp } from '../../../projections/verification/verifyApp';
import { createApp, temporaryHost } from '../../temporaryHost';
import { finish, start } from '../../journal/buildCommands';
import { minute } from '../../journal/buildEvents';
import { framesOf } from '../../journal/file/temporaryJournal';
import { handle } from '../../projections/records/temporaryApp';
import { call, command } from './pluginCalls';
import { cannotTrace } from './tracing';
import { unless } from './unless';

/* What builds:verify says while others write, and how soon. */

const slowSyncs = [
  'strace',
  '-f',
  '-qq',
  '-o',
  '/dev/null',
  '-e',
  'trace=fsync',
  '-e',
  'inject=fsync:delay_enter=1000000',
];

unless(cannotTrace)('a start and an end whose files take a second to reach the disk are no deviation', async (t) => {
  const { host, app, builds } = recorded(t);
  for (const [trigger, ...args] of [
    ['builds-record-start', 'b3', String(process.pid), 'git-hook'],
    ['builds-record-finalize', 'b3', '0'],
  ] as const) {
    const before = loadHistory(builds.directory).head.seq;
    const writing = call(host, trigger, [app, ...args], { by: slowSyncs });
    let written = false as boolean;
    void writing.then(() => (written = true));
    while (loadHistory(builds.directory).head.seq === before) await new Promise((resolve) => setTimeout(resolve, 10));
    let looks = 0;
    for (; !written; looks += 1) {
      const { status, stdout, stderr } = await command(host, 'verify', [app]);
      t.is(status, 0, `${trigger}: ${stdout}${stderr}`);
    }
    t.true(looks > 0);
    t.is((await writing).status, 0);
  }
});

test('what no writer explains is told at the first look, though somebody writes', (t) => {
  t.deepEqual(watched([['lost']], { writing: Infinity }), { told: ['lost'], looks: 1 });
});

test('on a quiet host all of it is told at the first look', (t) => {
  t.deepEqual(watched([['missing*', 'lost']], { writing: 0 }), { told: ['missing*', 'lost'], looks: 1 });
});

test('what passes while somebody writes is not told, and what does not is when nobody writes any more', (t) => {
  t.deepEqual(watched([['missing*'], ['missing*'], []], { writing: Infinity }), { told: [], looks: 3 });
  t.deepEqual(watched([['missing*']], { writing: 4 }), { told: ['missing*'], looks: 5 });
});

test('where somebody always writes, what deviates all the time is told in the end, and what came later is not', (t) => {
  const { told, looks } = watched([['first*'], ['first*', 'second*'], ['second*', 'third*'], ['first*', 'third*']], {
    writing: Infinity,
  });
  t.deepEqual(told, []);
  t.is(looks, 1 + LOOKS_IN_FIVE_SECONDS);
  t.deepEqual(watched([['first*'], ['first*', 'second*', 'lost']], { writing: Infinity }).told, ['first*', 'lost']);
});

test('somebody writes when the directory or the journal has just changed, or a writer that lives has a temporary file', (t) => {
  const { builds } = recorded(t);
  const { directory } = builds;
  const journal = join(directory, 'events.journal');
  const [long, now] = [minute(0), minute(60)];
  const changed = (path: string, at: number): void => utimesSync(path, at / 1000, at / 1000);
  changed(directory, long);
  changed(journal, long);
  t.false(isBeingWritten(builds, now));
  for (const path of [directory, journal]) {
    changed(path, now - 1900);
    t.true(isBeingWritten(builds, now));
    changed(path, now + 1900); // by a clock that was put back since
    t.true(isBeingWritten(builds, now));
    changed(path, now - 2100);
    t.false(isBeingWritten(builds, now));
  }
  for (const [pid, writes] of [
    [GONE, false],
    [process.pid, true],
  ] as const) {
    writeFileSync(join(directory, `.b1.json.${pid}-1.tmp`), '');
    changed(directory, long);
    t.is(isBeingWritten(builds, now), writes);
  }
});

test('a record that is missing and half an event at the end may pass; damage in the middle may not', (t) => {
  const { builds } = recorded(t);
  const journal = join(builds.directory, 'events.journal');
  const [first, , , last] = framesOf(journal);
  rmSync(join(builds.directory, 'events.checkpoint'));
  rmSync(join(builds.directory, 'b1.json'));
  truncateSync(journal, (last?.end ?? 0) - 7);
  const passing = verifyApp(builds).deviations;
  t.true(passing.some(({ kind }) => kind === 'damage') && passing.some(({ kind }) => kind === 'record'));
  t.true(passing.every(({ mayPass }) => mayPass === true));
  flip(journal, (first?.end ?? 0) - 20);
  t.true(verifyApp(builds).deviations.some(({ kind, mayPass }) => kind === 'damage' && mayPass !== true));
});

const GONE = 2 ** 22 + 1; // more than any pid

/** Pauses of 20, 40 … 320 ms and then 320 each, until they are more than 5 s. */
const LOOKS_IN_FIVE_SECONDS = 19;

/**
 * What is told of deviations that are found at one look after the other, the last of which stays; those with an asterisk are such as a writer explains.
 * So many times somebody is found `writing`. No time passes but in pauses.
 */
function watched(found: readonly string[][], { writing }: { writing: number }): { told: string[]; looks: number } {
  let [looks, asked, now] = [0, 0, 0];
  const verified = settled({
    look() {
      const meanings = found[Math.min(looks, found.length - 1)] ?? [];
      looks += 1;
      const deviations = meanings.map((meaning): Deviation => ({
        kind: 'record',
        meaning,
        ...(meaning.endsWith('*') && { mayPass: true }),
      }));
      return { deviations };
    },
    isBeingWritten: () => (asked += 1) <= writing,
    now: () => now,
    pause: (ms) => (now += ms),
  });
  return { told: verified.deviations.map(({ meaning }) => meaning), looks };
}

/** An app with two builds that have ended. */
function recorded(t: ExecutionContext): { host: Host; app: AppName; builds: AppBuilds } {
  const host = temporaryHost(t);
  const app = createApp(host, 'myapp');
  const builds = appBuilds(host, app);
  mkdirSync(builds.directory, { recursive: true });
  for (const id of ['b1', 'b2']) for (const step of [start(id), finish(id)]) handle(builds, step);
  return { host, app, builds };
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}
