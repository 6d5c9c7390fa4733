import { spawn } from 'node:child_process';
import { once } from 'node:events';

import test, { type ExecutionContext } from 'ava';

import type { Host } from '../../../host/dokku/environment';
import { appBuilds, buildsRoot } from '../../../host/dokku/paths';
import { writeProperty } from '../../../host/dokku/properties';
import { thisSystem } from '../../../host/system/system';
import { verifyApp } from '../../../projections/verification/verifyApp';
import { createApp, temporaryHost } from '../../temporaryHost';
import { bundledProgram } from './bundledProgram';
import { CrashApp } from './crashApp';
import { command, type CallOptions, type Outcome } from './pluginCalls';

/** Of one round. In the soak, 5,000 in all: a test for each round, because a test of an hour looks like a hang. */
const KILLS = process.env['SOAK'] === '1' ? 250 : 100;
const ROUNDS = process.env['SOAK'] === '1' ? 20 : 1;
const LANES = 6;
/** Of one app. */
const DEPLOYS = 40;

/** What is killed. */
const victims = ['begin', 'finalize', 'cancel', 'discard', 'prune', 'list'] as const;
type Victim = (typeof victims)[number];

/**
 * Whether a call tidies up behind others: a second cancel or discard of a build says that there is nothing to do, and
 * stops.
 */
function tidiesUp(victim: Victim, { stderr }: Outcome): boolean {
  return victim !== 'cancel' && victim !== 'list' && !stderr.includes('No build record');
}

for (let round = 1; round <= ROUNDS; round += 1)
  test.serial(
    `${KILLS} SIGKILLs at random moments lose no acknowledged event and leave nothing half done: round ${round} of ${ROUNDS}`,
    async (t) => {
      const host = temporaryHost(t);
      writeProperty(host, '--global', 'retention', '3');
      await command(host, 'list', []); // makes the view of what runs
      const watched = await watch(t, host);
      const tally = new Tally();
      const lanes = Array.from({ length: LANES }, (_, n) =>
        lane(t, host, `lane${n}`, tally).finally(() => tally.stop()),
      );
      const apps = await Promise.all(lanes);
      const { records, torn } = await watched.end();
      t.deepEqual(torn, []);
      const listed = JSON.parse((await command(host, 'list', ['--format', 'json'])).stdout) as { id: string }[];
      t.deepEqual(listed.map(({ id }) => id).sort(), apps.map(({ deploying }) => deploying as string).sort());
      t.log(tally.text());
      t.log(`a reader beside them read ${records} records, all whole`);
    },
  );

/**
 * Kills until there were enough of them, a new app now and then: what is checked is all that an app ever had. Returns
 * the last one, deploying.
 */
async function lane(t: ExecutionContext, host: Host, name: string, tally: Tally): Promise<CrashApp> {
  for (let life = 0; ; life += 1) {
    const app = new CrashApp(host, createApp(host, `${name}-${life}`));
    t.teardown(() => app.stop());
    for (let deploy = 0; deploy < DEPLOYS && !tally.over; deploy += 1) await deployAndKill(t, app, tally);
    await inPeace(t, app, tally, 'begin');
    await app.untilConcluded();
    t.deepEqual(verifyApp(appBuilds(host, app.app), thisSystem).deviations, []);
    if (tally.over) return app;
    await inPeace(t, app, tally, 'finalize');
    await app.stop();
  }
}

/** A deploy of which nearly every step is killed; each is followed by one that is left in peace, and must work. */
async function deployAndKill(t: ExecutionContext, app: CrashApp, tally: Tally): Promise<void> {
  await killed(t, app, tally, 'begin');
  await inPeace(t, app, tally, 'begin');
  t.true((await listedOnHost(app)).includes(app.deploying), 'a build that runs is not listed');
  const end = pick(['finalize', 'cancel', 'discard'] as const);
  await killed(t, app, tally, end);
  await inPeace(t, app, tally, end);
  if (end === 'cancel') t.is(await app.cancelUntilQuit(), 'SIGQUIT');
  await killed(t, app, tally, pick(['prune', 'list'] as const));
}

/** The builds that `builds:list` without an app gives. */
async function listedOnHost({ host }: CrashApp): Promise<(string | undefined)[]> {
  const { stdout } = await command(host, 'list', ['--format', 'json']);
  return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
}

async function killed(t: ExecutionContext, app: CrashApp, tally: Tally, victim: Victim): Promise<void> {
  const before = app.events;
  const outcome = await app[victim]({ killAfter: tally.moment(victim) });
  tally.count(victim, outcome, app.events > before);
  if (outcome.signal === null) t.is(outcome.status, 0, `${victim}: ${outcome.stderr}`);
  t.deepEqual(app.broken(), [], `after a killed ${victim}`);
}

async function inPeace(t: ExecutionContext, app: CrashApp, tally: Tally, victim: Victim): Promise<void> {
  const outcome = await tally.measure(victim, (options) => app[victim](options));
  t.is(outcome.status, 0, `${victim} after a kill: ${outcome.stderr}`);
  t.deepEqual(app.broken(), [], `after a ${victim} that was left in peace`);
  if (tidiesUp(victim, outcome)) t.deepEqual(await app.untidy(), [], `after a ${victim} that was left in peace`);
}

/** What was killed, and how long it takes when it is not. */
class Tally {
  private kills = 0;
  private stopped = false;
  private survived = 0;
  private appended = 0;
  private readonly by = new Map<Victim, number>();
  private readonly durations = new Map<Victim, number>();

  /** Some moment of a call, in ms after its begin; the later half of it, where the work is, twice as often. */
  moment(victim: Victim): number {
    const duration = this.durations.get(victim) ?? 100;
    return duration * (Math.random() < 0.5 ? Math.random() : 0.5 + 0.6 * Math.random());
  }

  /** There have been enough kills, or something was found. */
  get over(): boolean {
    return this.stopped || this.kills >= KILLS;
  }

  stop(): void {
    this.stopped = true;
  }

  count(victim: Victim, { signal }: Outcome, appended: boolean): void {
    if (signal !== 'SIGKILL') {
      this.survived += 1;
      return;
    }
    this.kills += 1;
    this.by.set(victim, (this.by.get(victim) ?? 0) + 1);
    if (appended) this.appended += 1;
  }

  async measure(victim: Victim, work: (options?: CallOptions) => Promise<Outcome>): Promise<Outcome> {
    const begin = performance.now();
    const outcome = await work();
    const known = this.durations.get(victim);
    const taken = performance.now() - begin;
    this.durations.set(victim, known === undefined ? taken : 0.7 * known + 0.3 * taken);
    return outcome;
  }

  text(): string {
    const each = victims.map((victim) => `${victim} ${this.by.get(victim) ?? 0}`).join(', ');
    return `${this.kills} kills (${each}); ${this.appended} had appended already, ${this.survived} calls were faster`;
  }
}

/** A process that reads all records all the time. */
async function watch(t: ExecutionContext, host: Host) {
  const program = bundledProgram(t, 'watcher');
  const watcher = spawn(process.execPath, [program, buildsRoot(host)], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => watcher.kill('SIGKILL'));
  let text = '';
  watcher.stdout.on('data', (some: Buffer) => (text += some.toString()));
  await once(watcher.stdout, 'data');
  return {
    async end(): Promise<{ records: number; torn: string[] }> {
      watcher.stdin.end();
      await once(watcher, 'close');
      return JSON.parse(text.slice(text.indexOf('{'))) as { records: number; torn: string[] };
    },
  };
}

function pick<T>(items: readonly [T, ...T[]]): T {
  return items[Math.floor(Math.random() * items.length)] ?? items[0];
}
