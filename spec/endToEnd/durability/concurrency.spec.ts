import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import test, { type ExecutionContext } from 'ava';

import type { Host } from '../../../host/dokku/environment';
import { type AppName, parseBuildId } from '../../../host/dokku/names';
import { openOutput } from '../../../host/terminal/output';
import { appBuilds } from '../../../host/dokku/paths';
import { writeProperty } from '../../../host/dokku/properties';
import { runningBuilds } from '../../../journal/history';
import { loadHistory } from '../../../journal/loadHistory';
import { thisSystem } from '../../../host/system/system';
import { verifyApp } from '../../../projections/verification/verifyApp';
import { recordStart } from '../../../subscribers/recordDeploy';
import { createApp, temporaryHost } from '../../temporaryHost';
import { filesOf, recordsOf } from '../../projections/records/temporaryApp';
import { bundledProgram } from './bundledProgram';
import { type Audit, auditJournal } from './journalAudit';
import { command, environmentOf, executable } from './pluginCalls';
import type { Told } from './told';

const plugin = path.dirname(executable('builds-record-start'));
const WORKERS = 32;
const RETENTION = 5;
/** Somebody's write was seen halfway: what a reader may say, and nothing else. */
const HARMLESS = /^The journal of \S+ is damaged from byte/;
const isSoak = process.env['SOAK'] === '1';
const each = isSoak ? 1_000 : 20;
const MANY_APPS = Array.from({ length: 8 }, (_, n) => `app${n}`);

test.serial('32 processes on one app leave a journal that keeps every rule, and every answer was true', async (t) => {
  await crowd(t, ['myapp']);
});

test.serial('32 processes on many apps leave journals that keep every rule, and every answer was true', async (t) => {
  await crowd(t, MANY_APPS);
});

/* A million operations of fewer processes, which lose fewer races: 32 of them would take a day. */
const ROUNDS = isSoak ? 40 : 0;
for (let round = 1; round <= ROUNDS; round += 1)
  test.serial(`8 processes on many apps do 25,000 operations, round ${round} of ${ROUNDS}`, async (t) => {
    await crowd(t, MANY_APPS, 8, 3125);
  });

const RACERS = 16;

/** Whoever of them is first, all others have written a frame that is void, and must find that out by reading back. */
for (const [what, racers, begun] of [
  ['starts of builds', (n: number) => ['start', `b${n}`], []],
  ['starts of one build', () => ['start', 'b0'], []],
  ['ends and cancels of one build', (n: number) => [n % 2 === 0 ? 'finish' : 'cancel', 'b0'], ['b0']],
] as const) {
  test.serial(`of ${RACERS} ${what} that are appended at the same moment each is told the truth`, async (t) => {
    const host = temporaryHost(t);
    const app = createApp(host, 'myapp');
    const journal = journalOf(host, app);
    const told = begun.map((id): Told => {
      writeFileSync(path.join(path.dirname(journal), `${id}.log`), '');
      recordStart(host, openOutput(host).warn, app, parseBuildId(id), process.pid, 'git-hook');
      return { op: 'started', app, build: parseBuildId(id) };
    });
    const calls = Array.from({ length: RACERS }, (_, n) => [...racers(n), String(process.pid), app]);
    told.push(...(await runAtOnce(t, host, bundledProgram(t, 'racer'), calls)));
    const audit = auditJournal(journal);
    t.true(audit.voidFrames >= RACERS - 1, `${audit.voidFrames} void frames: there was no race`);
    t.deepEqual(audit.broken, []);
    checkTold(t, told, audit);
    checkStored(t, host, app);
    t.is(told.filter(({ op }) => op !== 'warned').length, RACERS + begun.length);
    t.log(`${audit.events.length} events, ${audit.voidFrames} void frames`);
  });
}

async function crowd(t: ExecutionContext, names: readonly string[], workers = WORKERS, count = each): Promise<void> {
  const host = temporaryHost(t);
  writeProperty(host, '--global', 'retention', String(RETENTION));
  const apps = names.map((name) => createApp(host, name));
  const told = await runAtOnce(
    t,
    host,
    bundledProgram(t, 'crowd'),
    Array.from({ length: workers }, (_, n) => [String(n), String(count), String(process.pid), plugin, ...apps]),
  );
  await untilNoneIsLeft(host);
  const audits = new Map(apps.map((app) => [app, auditJournal(journalOf(host, app))] as const));
  for (const [app, audit] of audits) {
    t.deepEqual(audit.broken, [], app);
    t.is(audit.debris, 0, app);
    checkTold(
      t,
      told.filter((one) => one.app === app),
      audit,
    );
    checkRetention(t, audit);
    checkStored(t, host, app);
  }
  const running = apps.flatMap((app) =>
    runningBuilds(loadHistory(appBuilds(host, app).directory).history)
      .filter(({ id }) => !id.startsWith('dead-'))
      .map(({ id }) => `${app}/${id}`),
  );
  for (const look of ['as it was left', 'as it was made anew']) {
    const { stdout } = await command(host, 'list', ['--format', 'json']);
    const listed = (JSON.parse(stdout) as { app: string; id: string }[]).map(({ app, id }) => `${app}/${id}`);
    t.deepEqual(listed.sort(), running.toSorted(), look);
  }
  const sum = (of: (audit: Audit) => number): number => [...audits.values()].reduce((all, one) => all + of(one), 0);
  const done = told.filter(({ op }) => op !== 'warned');
  t.is(done.length, workers * count);
  const byExecutable = done.filter((one) => 'byExecutable' in one);
  t.log(
    `${workers} processes, ${done.length} operations, ${byExecutable.length} of them by the executable: ` +
      `${sum(({ events }) => events.length)} events, ${sum(({ voidFrames }) => voidFrames)} void frames, ` +
      `${running.length} builds running at the end`,
  );
}

/** Resolves when no process is left that was started for this host: those that conclude builds end by themselves. */
async function untilNoneIsLeft({ libRoot }: Host): Promise<void> {
  const isLeft = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`DOKKU_LIB_ROOT=${libRoot}\0`);
    } catch {
      return false; // it has just ended, or is of another user
    }
  };
  while (readdirSync('/proc').some((name) => /^\d+$/.test(name) && isLeft(name)))
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/**
 * Lets a program work as many processes, all at once when each has said that it is ready; returns what each was told.
 */
async function runAtOnce(
  t: ExecutionContext,
  host: Host,
  program: string,
  calls: readonly (readonly string[])[],
): Promise<Told[]> {
  const workers = calls.map((args) =>
    spawn(process.execPath, [program, ...args], { env: environmentOf(host), stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  t.teardown(() => workers.forEach((worker) => worker.kill('SIGKILL')));
  const outputs = workers.map((worker) => {
    const output = { text: '' };
    worker.stdout.on('data', (some: Buffer) => (output.text += some.toString()));
    return output;
  });
  const ends = workers.map((worker: ChildProcess) => once(worker, 'close') as Promise<[number | null]>);
  await Promise.all(workers.map((worker) => once(worker.stdout, 'data')));
  for (const worker of workers) worker.stdin.end();
  for (const [n, end] of ends.entries()) t.is((await end)[0], 0, `worker ${n}`);
  return outputs.flatMap(({ text }) =>
    text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line) as Told),
  );
}

function checkTold(t: ExecutionContext, told: readonly Told[], { events }: Audit): void {
  const bySeq = new Map(events.map((one) => [one.seq, one]));
  const claimed = new Set<number>();
  const starts = new Map<string, number>();
  const stageOf = stagesIn(events);
  for (const one of told) {
    switch (one.op) {
      case 'added':
        for (const { seq, id, event } of one.added) {
          t.deepEqual({ seq, id, event }, bySeq.get(seq) as never, `event ${seq}`);
          t.false(claimed.has(seq), `two processes say that they added event ${seq}`);
          claimed.add(seq);
        }
        break;
      case 'started':
        starts.set(one.build, (starts.get(one.build) ?? 0) + 1);
        t.is(starts.get(one.build), 1, `${one.build} was started twice`);
        t.true(stageOf(one.build).started, `${one.build} is not in the journal`);
        break;
      case 'finished':
        t.true(stageOf(one.build).ended, `${one.build} has not ended`);
        break;
      case 'adopted':
        t.true(stageOf(one.build).started, `${one.build} was not adopted`);
        break;
      case 'refused': {
        const { started, left } = stageOf(one.build);
        t.true(one.why === 'started before' ? started : !started || left, `${one.what} of ${one.build}: ${one.why}`);
        break;
      }
      case 'read':
        t.deepEqual(one.torn, []);
        break;
      case 'warned':
        t.regex(one.message, HARMLESS);
    }
  }
  const unclaimed = events.filter(({ seq, event }) => {
    if (claimed.has(seq) || event.type === 'Pruned') return false;
    if ('adopted' in event) return false;
    return event.type === 'BuildStarted' ? !starts.has(event.build) : event.type === 'BuildCanceled';
  });
  t.deepEqual(unclaimed, [], 'events that nobody says to have added');
}

function stagesIn(events: Audit['events']) {
  const started = new Set<string>();
  const ended = new Set<string>();
  const left = new Set<string>();
  for (const { event } of events) {
    if (event.type === 'BuildStarted') started.add(event.build);
    else if (event.type === 'Pruned') event.builds.forEach((build) => left.add(build));
    else ended.add(event.build);
  }
  return (build: string) => ({ started: started.has(build), ended: ended.has(build), left: left.has(build) });
}

/** Nobody prunes below the retention, nobody reaps what lives, and what was canceled stays so. */
function checkRetention(t: ExecutionContext, { events }: Audit): void {
  const ended = new Set<string>();
  for (const { seq, event } of events) {
    if (event.type === 'BuildFinished' || event.type === 'BuildCanceled') ended.add(event.build);
    if (event.type === 'BuildFinished' && event.cause === 'abandoned') {
      t.true(event.build.startsWith('dead-'), `event ${seq} reaps ${event.build}, which lives`);
    }
    if (event.type !== 'Pruned' || event.reason !== 'retention') continue;
    for (const build of event.builds) ended.delete(build);
    t.is(
      ended.size,
      RETENTION,
      `event ${seq} drops ${event.builds.join(' ')} and leaves another number of builds than are kept`,
    );
  }
}

/** What is stored beside the journal is what it says, without any further help. */
function checkStored(t: ExecutionContext, host: Host, app: AppName): void {
  const builds = appBuilds(host, app);
  const records = Object.entries(filesOf(builds)).filter(([name]) => name.endsWith('.json'));
  t.deepEqual(Object.fromEntries(records), recordsOf(builds), `records of ${app}`);
  const names = readdirSync(builds.directory);
  t.deepEqual(
    names.filter((name) => name.endsWith('.tmp')),
    [],
  );
  const ids = records.map(([name]) => name.slice(0, -'.json'.length)).filter((id) => !id.startsWith('stock-'));
  t.deepEqual(
    ids.filter((id) => !names.includes(`${id}.log`)),
    [],
    `lost logs of ${app}`,
  );
  t.deepEqual(verifyApp(builds, thisSystem).deviations, []);
  t.true(readFileSync(journalOf(host, app)).length > 0);
}

function journalOf(host: Host, app: AppName): string {
  const { directory } = appBuilds(host, app);
  mkdirSync(directory, { recursive: true });
  return path.join(directory, 'events.journal');
}
