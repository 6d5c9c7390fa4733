import { existsSync, readdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import fastGlob from 'fast-glob';

import { createSandbox, type Sandbox, script } from '../../../scripts/sandbox/host';
import { concluded, type EventJson, eventsOf, newestBuild } from './concluded';
import { noneIsLeft, untilWaiters } from './waiters';

/*
 * Deploys of every kind, many of them killed at a random moment. Two plugins around ours mark what each deploy has
 * announced, so that every end in the history can be compared with what really happened.
 */

const DEPLOYS = process.env['SOAK'] === '1' ? 2000 : 18;
const LANES = 3;

interface Kind {
  readonly deploy: (host: Sandbox, app: string) => Promise<unknown>;
  /** How a build ends that is not killed: status and cause, or the reason for which it left no record. */
  readonly ends: string;
}

const kinds: readonly Kind[] = [
  { deploy: (host, app) => push(host, app, 'echo built'), ends: 'succeeded exit' },
  { deploy: (host, app) => push(host, app, 'exit 2'), ends: 'failed abandoned' },
  { deploy: restart, ends: 'succeeded deployed' },
  { deploy: sync, ends: 'discarded' },
];

test('after many deploys of every kind every record is true, and nothing waits any more', async (t) => {
  const host = await createSandbox();
  t.teardown(() => host.remove());
  markAnnouncements(host);
  let killed = 0;
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const app = `app${lane}`;
    await host.createApp(app, { build: script('echo built') });
    await push(host, app, 'echo built'); // the first record makes the directory that is watched
    for (let n = lane; n < DEPLOYS; n += LANES) {
      const round = Math.floor(n / LANES);
      const kind = kinds[Math.floor(round / 2) % kinds.length];
      const kill = round % 2 === 1 ? killAtRandom(host, app) : undefined;
      await kind?.deploy(host, app);
      const wasKilled = kill?.() === true;
      if (wasKilled) killed++;
      const build = await newestBuild(host, app);
      await concluded(host, app, build);
      if (wasKilled) {
        removeGitLocks(host, app);
        continue;
      }
      const end = endOf(await eventsOf(host, app), build);
      if (end !== kind?.ends)
        t.fail(`deploy ${n} of ${app}: ${end}
${host.read(app, `${build}.log`)}`);
    }
    const events = await eventsOf(host, app);
    for (const { build } of events.filter(({ type }) => type === 'BuildStarted')) {
      const [end, possible] = [endOf(events, String(build)), possibleEnds(host, String(build))];
      t.true(possible.includes(end), `build ${String(build)} of ${app}: ${end} is none of ${possible.join(', ')}`);
    }
    t.is((await host.dokku(['builds:verify', app])).code, 0);
  });
  await Promise.all(lanes);
  await untilWaiters(host, undefined, noneIsLeft);
  t.log(`${DEPLOYS} deploys, ${killed} of them killed`);
});

async function push(host: Sandbox, app: string, build: string): Promise<void> {
  await host.push(app, { build: script(build) });
}

async function restart(host: Sandbox, app: string): Promise<void> {
  await host.dokku(['ps:restart', app]);
}

/** The second sync finds nothing to build. */
async function sync(host: Sandbox, app: string): Promise<void> {
  const repository = await host.createRepository({ build: script('echo synced') });
  for (const _ of ['changed', 'unchanged']) await host.dokku(['git:sync', '--build-if-changes', app, repository]);
}

/**
 * Kills the process group of the next deploy of `app`, some time after its start. Call what it returns after the
 * deploy: it says whether that was killed, and kills nothing any more.
 */
function killAtRandom(host: Sandbox, app: string): () => boolean {
  const before = new Set(readdirSync(host.file(app, '')));
  let timer: NodeJS.Timeout | undefined;
  let killed = false;
  const watcher = watch(host.file(app, ''), (_, name) => {
    if (timer !== undefined || name?.endsWith('.json') !== true || before.has(name)) return;
    timer = setTimeout(() => {
      try {
        process.kill(-Number(host.record(app, name.slice(0, -'.json'.length))['pid']), 'SIGKILL');
        killed = true;
      } catch {
        // the deploy is over
      }
    }, Math.random() * LONGEST_BEFORE_KILL_MS);
  });
  return () => {
    watcher.close();
    clearTimeout(timer);
    return killed;
  };
}

const LONGEST_BEFORE_KILL_MS = 400;

/** What a git that was killed leaves in the repository of the app. The next deploy would fail on it. */
function removeGitLocks(host: Sandbox, app: string): void {
  for (const path of fastGlob.sync('**/*.lock', { cwd: join(host.paths.dokkuRoot, app), absolute: true })) rmSync(path);
}

const ANNOUNCEMENTS = ['post-deploy', 'builds-record-finalize'] as const;

/** A plugin before ours in the order of names, and one behind it, that leave a file for each announcement. */
function markAnnouncements(host: Sandbox): void {
  for (const [plugin, when] of [
    ['aa-marks', 'begun'],
    ['zz-marks', 'done'],
  ] as const) {
    const program = (name: string): string => script(`: >'${markPath(host, name, when, '')}'"$DOKKU_BUILD_ID"`);
    host.addPlugin(plugin, Object.fromEntries(ANNOUNCEMENTS.map((name) => [name, program(name)])));
  }
}

function markPath(host: Sandbox, announcement: string, when: 'begun' | 'done', build: string): string {
  return `${host.paths.tmp}/${announcement}.${when}.${build}`;
}

/** What may be recorded as the end of a build, by what its deploy announced before it ended. */
function possibleEnds(host: Sandbox, build: string): string[] {
  const [deployed, reported] = ANNOUNCEMENTS.map((name) =>
    existsSync(markPath(host, name, 'done', build))
      ? 'yes'
      : existsSync(markPath(host, name, 'begun', build))
        ? 'perhaps'
        : 'no',
  );
  const ends = [];
  if (reported !== 'no') ends.push('succeeded exit');
  if (reported !== 'yes' && deployed !== 'no') ends.push('succeeded deployed');
  if (reported !== 'yes' && deployed !== 'yes') ends.push('failed abandoned', 'discarded');
  return ends;
}

/** The end of a build in words, of the last event about it. */
function endOf(events: readonly EventJson[], build: string): string {
  const end = events.findLast((event) => isAbout(event, build) && event['reason'] !== 'retention');
  return ['reason', 'status', 'cause']
    .map((key) => end?.[key])
    .filter((word) => typeof word === 'string')
    .join(' ');
}

function isAbout(event: EventJson, build: string): boolean {
  return event['build'] === build || (Array.isArray(event['builds']) && event['builds'].includes(build));
}
