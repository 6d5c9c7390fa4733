import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { appBuilds, buildsRoot } from '../../../host/dokku/paths';
import { thisSystem } from '../../../host/system/system';
import { writeProperty } from '../../../host/dokku/properties';
import { rebuildRunning } from '../../../projections/lists/runningBuilds';
import { createApp, temporaryHost } from '../../temporaryHost';
import { finished, reaped, started } from '../../journal/buildEvents';
import { append, writeForeign } from '../../projections/records/temporaryApp';
import { CrashApp } from './crashApp';
import { inLanes } from './inLanes';
import { cannotTrace, type Change, changesIn, interfering, placesOf, rehearsing, wasHit } from './tracing';
import { unless } from './unless';

const victims = ['begin', 'extracted', 'deployed', 'finalize', 'cancel', 'discard', 'prune', 'list'] as const;
type Victim = (typeof victims)[number];

unless(cannotTrace)(
  'a SIGKILL before any single system call that changes something loses nothing, and leaves nothing behind',
  async (t) => {
    const todo: { victim: Victim; change: Change }[] = [];
    const counts = new Map<Victim, number>();
    await inLanes(victims, async (victim) => {
      const changes = await rehearse(t, victim);
      counts.set(victim, changes.length);
      todo.push(...changes.map((change) => ({ victim, change })));
    });
    const made = new Set(todo.map(({ change }) => change.call));
    for (const call of ['openat', 'write', 'fsync', 'fdatasync']) t.true(made.has(call), `${call} is seen`);
    await inLanes(todo, async ({ victim, change }) => {
      await killBefore(t, victim, change);
    });
    t.log([...counts].map(([victim, kills]) => `${victim} killed at ${kills} system calls`).join(', '));
  },
);

/**
 * Everything that changes something on disk, or makes it durable, or is a signal; between two of them nothing new can
 * be seen.
 */
async function rehearse(t: ExecutionContext, victim: Victim): Promise<Change[]> {
  const app = await prepare(t, victim);
  const log = join(app.host.libRoot, '..', 'log');
  try {
    const { status, stderr } = await app[victim]({ by: rehearsing(log) });
    t.is(status, 0, `${victim}: ${stderr}`);
    return changesIn(log, app.host.libRoot);
  } finally {
    await app.stop();
  }
}

/** Kills `victim` on a new host before that system call, and looks at what it left, and how the next calls go on. */
async function killBefore(t: ExecutionContext, victim: Victim, change: Change): Promise<void> {
  const what = `${victim} killed before ${change.what} (${change.call} ${change.nth})`;
  let last = '';
  for (const place of placesOf(change)) {
    const app = await prepare(t, victim);
    const log = join(app.host.libRoot, '..', 'log');
    try {
      const { signal } = await app[victim]({ by: interfering(place, 'signal=KILL', log) });
      if (!wasHit(change, log, app.host.libRoot)) {
        last = readFileSync(log, 'utf8');
        continue;
      }
      t.is(signal, 'SIGKILL', what);
      t.deepEqual(app.broken(), [], what);
      const again = await app[victim]();
      t.is(again.status, 0, `${what}, and again: ${again.stderr}`);
      if (victim === 'cancel') t.is(await app.cancelUntilQuit(), 'SIGQUIT', what);
      await app.beginInPeace();
      t.deepEqual(app.broken(), [], `${what}, and again`);
      t.deepEqual(await app.untidy(), [], `${what}, and a start after it`);
      return;
    } finally {
      await app.stop();
    }
  }
  throw new Error(`${what}: it was another call, each time: ${last}`);
}

/**
 * An app with a past, so that there is something to prune, to reap, to adopt; a deploy that runs, and a view of what
 * runs.
 */
async function prepare(t: ExecutionContext, victim: Victim): Promise<CrashApp> {
  const host = temporaryHost(t);
  writeProperty(host, '--global', 'retention', '3');
  rebuildRunning(buildsRoot(host), [], () => false, thisSystem);
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
