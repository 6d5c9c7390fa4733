import type { ExecutionContext } from 'ava';

import { appBuilds, buildsRoot } from '../../host/paths';
import { writeProperty } from '../../host/properties';
import { rebuildRunning } from '../../projections/runningView';
import { createApp, temporaryHost } from '../host/temporaryHost';
import { finished, reaped, started } from '../journal/buildEvents';
import { append, writeForeign } from '../projections/temporaryApp';
import { CrashApp } from './crashApp';
import { cannotTrace, interfering } from './tracing';
import { unless } from './unless';

const victims = ['begin', 'finalize', 'cancel', 'discard', 'prune', 'list'] as const;
type Victim = (typeof victims)[number];

/** Everything that changes something on disk or makes it durable; between two of them nothing new can be seen. */
const systemCalls = 'mkdir rmdir unlink rename write pwrite64 ftruncate fchown fchmod fsync fdatasync'.split(' ');

const LANES = 6;

unless(cannotTrace)(
  'a SIGKILL before any single system call that changes something loses nothing, and leaves nothing behind',
  async (t) => {
    const todo = victims.flatMap((victim) => systemCalls.map((systemCall) => ({ victim, systemCall })));
    const counts = new Map<Victim, number>();
    const work = async (): Promise<void> => {
      for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
        const { victim, systemCall } = next;
        const kills = await killAtEach(t, victim, systemCall).finally(() => t.passed || todo.splice(0));
        counts.set(victim, (counts.get(victim) ?? 0) + kills);
      }
    };
    await Promise.all(Array.from({ length: LANES }, work));
    t.log([...counts].map(([victim, kills]) => `${victim} killed at ${kills} system calls`).join(', '));
  },
);

/** Kills `victim` before its first, second, third … call of this name, each time on a new host, until there are no more. */
async function killAtEach(t: ExecutionContext, victim: Victim, systemCall: string): Promise<number> {
  for (let nth = 1; ; nth += 1) {
    const what = `${victim} killed before ${systemCall} ${nth}`;
    const app = await prepare(t, victim);
    try {
      const outcome = await app[victim]({ by: interfering(systemCall, 'signal=KILL', nth) });
      if (outcome.signal === null) {
        t.is(outcome.status, 0, `${victim}: ${outcome.stderr}`);
        return nth - 1;
      }
      t.deepEqual(app.broken(), [], what);
      const again = await app[victim]();
      t.is(again.status, 0, `${what}, and again: ${again.stderr}`);
      if (victim === 'cancel') t.is(await app.cancelUntilQuit(), 'SIGQUIT', what);
      t.is((await app.begin()).status, 0);
      t.deepEqual(app.broken(), [], `${what}, and again`);
      t.deepEqual(app.untidy(), [], `${what}, and a start after it`);
    } finally {
      await app.stop();
    }
  }
}

/** An app with a past, so that there is something to prune, to reap, to adopt; a deploy that runs, and a view of what runs. */
async function prepare(t: ExecutionContext, victim: Victim): Promise<CrashApp> {
  const host = temporaryHost(t);
  writeProperty(host, '--global', 'retention', '3');
  rebuildRunning(buildsRoot(host), [], () => false);
  const app = new CrashApp(host, createApp(host, 'myapp'));
  const builds = appBuilds(host, app.app);
  const past = ['b1', 'b2', 'b3'].flatMap((id) => [started(id), finished(id)]);
  append(builds, ...past, started('b4'), reaped('b4'), started('b5', { process: { pid: 2 ** 22 + 1 } }));
  if (victim !== 'begin') await app.beginInPeace();
  if (victim === 'list') {
    writeForeign(builds, 'stock1', { status: 'succeeded', finished_at: '2026-04-30T13:51:00Z', exit_code: 0 });
  }
  return app;
}
