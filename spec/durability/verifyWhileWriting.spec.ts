import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { verifyWork } from '../../commands/verify';
import type { Host } from '../../host/environment';
import type { AppName } from '../../host/names';
import { type AppBuilds, appBuilds } from '../../host/paths';
import type { Deviation } from '../../journal/verifyJournal';
import { loadHistory } from '../../projections/loadHistory';
import { createApp, temporaryHost } from '../host/temporaryHost';
import { finish, start } from '../journal/buildCommands';
import { framesOf } from '../journal/temporaryJournal';
import { handle } from '../projections/temporaryApp';
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

test.serial('on a quiet host a deviation is told at the first look', (t) => {
  const { host, app, builds } = recorded(t);
  rmSync(join(builds.directory, 'b1.json'));
  quieten(builds);
  t.deepEqual(verified(host, app).records, ['the record b1.json is missing; builds:replay writes it again']);
  t.true(verified(host, app).ms < 1000);
});

test.serial('what was deleted just now is told when nobody has written for two seconds', (t) => {
  const { host, app, builds } = recorded(t);
  quieten(builds);
  rmSync(join(builds.directory, 'b1.json'));
  const { records, ms } = verified(host, app);
  t.is(records.length, 1);
  t.true(ms > 1000 && ms < 5000, String(ms));
});

test.serial('damage that no writer can have left counts at once, while others write', (t) => {
  const { host, app, builds } = recorded(t);
  const journal = join(builds.directory, 'events.journal');
  const [, second] = framesOf(journal);
  rmSync(join(builds.directory, 'events.checkpoint'));
  flip(journal, (second?.end ?? 0) - 20);
  for (const name of ['b1.json', 'b2.json']) rmSync(join(builds.directory, name));
  handle(builds, start('b3')); // writes the records of what is readable
  const { kinds, ms } = verified(host, app);
  t.true(kinds.includes('damage') && kinds.includes('chain'), kinds.join());
  t.false(kinds.includes('record'));
  t.true(ms < 1000, String(ms));
});

test.serial('a writer that is stopped in the middle is not waited for without end', (t) => {
  const { host, app, builds } = recorded(t);
  rmSync(join(builds.directory, 'b1.json'));
  writeFileSync(join(builds.directory, `.b1.json.${process.pid}-1.tmp`), '');
  quieten(builds);
  const { records, ms } = verified(host, app);
  t.is(records.length, 1);
  t.true(ms > 3000 && ms < 10_000, String(ms));
});

test.serial('where somebody always writes, what deviates all the time is told, and what came later is not', (t) => {
  const { host, app, builds } = recorded(t);
  const [first, second, aside] = ['b1.json', 'b2.json', 'aside'].map((name) => join(builds.directory, name));
  for (const [restored, records] of [
    [true, []],
    [false, ['the record b1.json is missing; builds:replay writes it again']],
  ] as const) {
    renameSync(first ?? '', aside ?? '');
    const script = `sleep 1; ${restored ? 'mv "$3" "$1";' : ''} mv "$2" "$2.aside"; while sleep 0.1; do : > "$4"; rm "$4"; done`;
    const args = [first, second, aside, join(builds.directory, 'scratch')].map((path) => path ?? '');
    const writer = spawn('sh', ['-c', script, 'sh', ...args], { stdio: 'ignore' });
    try {
      t.deepEqual(verified(host, app).records, records);
    } finally {
      writer.kill('SIGKILL');
    }
    renameSync(`${second ?? ''}.aside`, second ?? '');
  }
});

test.serial('half an event at the end is told when nobody has written for two seconds', (t) => {
  const { host, app, builds } = recorded(t);
  const journal = join(builds.directory, 'events.journal');
  const last = framesOf(journal).at(-1);
  truncateSync(journal, (last?.end ?? 0) - 7);
  rmSync(join(builds.directory, 'events.checkpoint'));
  const { kinds, ms } = verified(host, app);
  t.true(kinds.includes('damage'));
  t.true(ms > 1000 && ms < 5000, String(ms));
});

/** An app with two builds that have ended. */
function recorded(t: ExecutionContext): { host: Host; app: AppName; builds: AppBuilds } {
  const host = temporaryHost(t);
  const app = createApp(host, 'myapp');
  const builds = appBuilds(host, app);
  mkdirSync(builds.directory, { recursive: true });
  for (const id of ['b1', 'b2']) for (const step of [start(id), finish(id)]) handle(builds, step);
  return { host, app, builds };
}

/** As if nobody had written there for an hour. */
function quieten({ directory }: AppBuilds): void {
  const then = new Date(Date.now() - 3_600_000);
  for (const path of [join(directory, 'events.journal'), directory]) utimesSync(path, then, then);
}

function verified(host: Host, app: AppName): { kinds: string[]; records: string[]; ms: number } {
  const begun = performance.now();
  const { line = '' } = verifyWork(host, app, { format: 'json' });
  const ms = performance.now() - begun;
  const { deviations } = JSON.parse(line) as { deviations: Deviation[] };
  const records = deviations.filter(({ kind }) => kind === 'record').map(({ meaning }) => meaning);
  return { kinds: deviations.map(({ kind }) => kind), records, ms };
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}
