import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import test from 'ava';

import { createSandbox, type Running, type Sandbox, script } from '../../../scripts/sandbox/host';
import { concluded } from './concluded';
import { killWaiters, noneIsLeft, readProcess, untilWaiters, type Waiter, waitersOf } from './waiters';

/* The process that each start leaves behind, which waits for the end of the deploy. */

const DEPLOYS_AT_ONCE = process.env['SOAK'] === '1' ? 200 : 20;
const MOST_KB = 5 * 1024;
const SLEEPING = 'S';
const STOPPED = 'T';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

/** Starts a build of `app` whose process is a new one, and gives that. */
async function startBuild(app: string, env: Readonly<Record<string, string>> = {}): Promise<Running> {
  const deploy = host.process();
  await host.createApp(app);
  const { code } = await host.trigger('builds-record-start', [app, 'b1', String(deploy.pid), 'git-hook'], { env });
  if (code !== 0) throw new Error(`the start of ${app} was not recorded`);
  return deploy;
}

/** What /proc says about the processes that wait for the end of a deploy, while they all sleep. */
async function looksOfWaiters(app: string) {
  for (;;) {
    const before = waitersOf(host, app);
    if (before.length > 1 && before.every(({ state }) => state === SLEEPING)) {
      const looks = before.flatMap(lookAt);
      // One tail(1) follows the other after a second, and opens libraries as it starts.
      if (looks.length === before.length && isDeepStrictEqual(waitersOf(host, app), before)) return looks;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function lookAt(waiter: Waiter) {
  const proc = `/proc/${waiter.pid}`;
  try {
    const size = Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`${proc}/smaps_rollup`, 'utf8'))?.[1]); // kB
    const open = readdirSync(`${proc}/fd`).map((n) => readlinkSync(path.join(proc, 'fd', n)));
    const environment = readFileSync(`${proc}/environ`, 'utf8');
    return [{ ...waiter, size, open, environment, cwd: readlinkSync(`${proc}/cwd`) }];
  } catch {
    return []; // it has just ended
  }
}

test('it is small, has a session of its own, and holds nothing of the deploy', async (t) => {
  const deploy = await startBuild('apart');
  const waiters = await looksOfWaiters('apart');
  const size = waiters.reduce((sum, waiter) => sum + waiter.size, 0);
  t.true(size > 0 && size <= MOST_KB, `${size} kB`);
  const ours = readProcess(process.pid)[0]?.session;
  for (const { session, parent, cwd, open, environment } of waiters) {
    t.not(session, ours);
    t.is(cwd, '/');
    t.deepEqual([...new Set(open)], ['/dev/null']);
    t.notRegex(environment, /\bBUN_\w+/);
    // The trigger that started it is over, and something else reaps it.
    t.not(parent, process.pid);
  }
  process.kill(deploy.pid, 'SIGKILL');
  t.is(await concluded(host, 'apart', 'b1'), 'failed');
  await untilWaiters(host, 'apart', noneIsLeft);
});

test('the triggers of a deploy return while it is stopped', async (t) => {
  // A tail(1) that stops itself: the shell that waits for it waits for ever.
  const directory = path.join(host.paths.tmp, 'stopped');
  host.write(path.join(directory, 'tail'), script('kill -STOP $$'));
  t.is((await host.run(['chmod', '+x', path.join(directory, 'tail')])).code, 0);
  const deploy = await startBuild('slow', { PATH: `${directory}:${host.paths.bin}:${process.env['PATH'] ?? ''}` });
  await untilWaiters(host, 'slow', (waiters) => waiters.some(({ state }) => state === STOPPED));
  t.is((await host.trigger('builds-record-finalize', ['slow', 'b1', '0'])).code, 0);
  t.is(host.record('slow', 'b1')['status'], 'succeeded');
  t.true(waitersOf(host, 'slow').some(({ state }) => state === STOPPED));
  process.kill(deploy.pid, 'SIGKILL');
  await killWaiters(host, 'slow');
});

test('after a deploy that reported its end no process is left, and no second end is recorded', async (t) => {
  const deploy = await startBuild('reported');
  await host.trigger('builds-record-finalize', ['reported', 'b1', '0']);
  const record = host.read('reported', 'b1.json');
  const journal = host.read('reported', 'events.journal');
  process.kill(deploy.pid, 'SIGKILL');
  await untilWaiters(host, 'reported', noneIsLeft);
  t.is(host.read('reported', 'b1.json'), record);
  t.is(host.read('reported', 'events.journal'), journal);
});

test('if it is killed, the next finalize of the app concludes instead', async (t) => {
  const deploy = await startBuild('alone');
  await killWaiters(host, 'alone');
  process.kill(deploy.pid, 'SIGKILL');
  await deploy.finished;
  t.is(host.record('alone', 'b1')['status'], 'running');
  const next = host.process();
  await host.trigger('builds-record-start', ['alone', 'b2', String(next.pid), 'git-hook']);
  await host.trigger('builds-record-finalize', ['alone', 'b2', '0']);
  t.like(host.record('alone', 'b1'), { status: 'failed', exit_code: -1 });
  t.like(host.record('alone', 'b2'), { status: 'succeeded', exit_code: 0 });
});

test('many deploys that die at once are all concluded', async (t) => {
  const apps = Array.from({ length: DEPLOYS_AT_ONCE }, (_, n) => `many${n}`);
  const deploys: Running[] = [];
  for (const app of apps) deploys.push(await startBuild(app));
  for (const { pid } of deploys) process.kill(pid, 'SIGKILL');
  t.deepEqual(new Set(await Promise.all(apps.map((app) => concluded(host, app, 'b1')))), new Set(['failed']));
  await Promise.all(apps.map((app) => untilWaiters(host, app, noneIsLeft)));
});
