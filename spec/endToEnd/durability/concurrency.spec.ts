import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test, { type ExecutionContext } from 'ava';

import type { Host } from '../../../host/dokku/environment';
import { parseBuildId } from '../../../host/dokku/names';
import { openOutput } from '../../../host/terminal/output';
import { writeProperty } from '../../../host/dokku/properties';
import { recordStart } from '../../../subscribers/recordDeploy';
import { removeDirectory } from '../../../scripts/sandbox/removal';
import { createApp, temporaryHost } from '../../temporaryHost';
import { compiledProgram } from './bundledProgram';
import { checkCrowd, checkStored, checkTold, journalOf, RETENTION } from './crowdChecks';
import { auditJournal } from './journalAudit';
import { environmentOf, executable } from './pluginCalls';
import type { Told } from './told';

const plugin = path.dirname(executable('builds-record-start'));
const WORKERS = 32;
const isSoak = process.env['SOAK'] === '1';
const each = isSoak ? 1_000 : 20;
/** As host/run.sh has it: to compile functions while a process works pays only in the soak. */
const RUNTIME = isSoak ? {} : { BUN_JSC_thresholdForJITAfterWarmUp: '100000', BUN_JSC_thresholdForJITSoon: '100000' };
const MANY_APPS = Array.from({ length: 8 }, (_, n) => `app${n}`);

let programs: string;

test.before(() => {
  programs = mkdtempSync(path.join(tmpdir(), 'dokku-builds-'));
  for (const name of ['crowd', 'racer']) compiledProgram(programs, name);
});

test.after.always(() => {
  removeDirectory(programs);
});

test.serial('32 processes on one app leave a journal that keeps every rule, and every answer was true', async (t) => {
  await crowd(t, ['myapp']);
});

test.serial('32 processes on many apps leave journals that keep every rule, and every answer was true', async (t) => {
  await crowd(t, MANY_APPS);
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
    told.push(...(await runAtOnce(t, host, 'racer', calls)));
    const audit = auditJournal(journal);
    t.true(audit.voidFrames >= RACERS - 1, `${audit.voidFrames} void frames: there was no race`);
    t.deepEqual(audit.broken, []);
    t.deepEqual(checkTold(t, told, audit), []);
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
    'crowd',
    Array.from({ length: workers }, (_, n) => [String(n), String(count), String(process.pid), plugin, ...apps]),
  );
  await untilNoneIsLeft(host);
  const figures = await checkCrowd(t, host, apps, told);
  const done = told.filter(({ op }) => op !== 'warned');
  t.is(done.length, workers * count);
  const byExecutable = done.filter((one) => 'byExecutable' in one);
  t.log(
    `${workers} processes, ${done.length} operations, ${byExecutable.length} of them by the executable: ` + figures,
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
  program: 'crowd' | 'racer',
  calls: readonly (readonly string[])[],
): Promise<Told[]> {
  const workers = calls.map((args) =>
    spawn(path.join(programs, program), args, {
      env: { ...environmentOf(host), ...RUNTIME },
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
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
