import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { formatTimestamp } from '../../../host/durations';
import type { Host } from '../../../host/dokku/environment';
import type { AppName } from '../../../host/dokku/names';
import { appBuilds, deployLockPath } from '../../../host/dokku/paths';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../../host/system/processes';
import { JOURNAL_FILE } from '../../../journal/file/journalFile';
import { createApp, temporaryDirectory, temporaryHost } from '../../temporaryHost';
import { canceled, finished, started } from '../../journal/buildEvents';
import { append } from '../../projections/records/temporaryApp';
import { cannotRun, unshared } from './namespaces';
import { call, type CallOptions, command, environmentOf, executable } from './pluginCalls';
import { cannotTrace, interfering } from './tracing';
import { unless } from './unless';

const ANOTHER_BOOT = '11111111-2222-3333-4444-555555555555';
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

const pidNamespace = ['--pid', '--fork', '--mount-proc'];
const noPids = cannotRun('echo 4000 > /proc/sys/kernel/ns_last_pid', ...pidNamespace);
const noBoots = cannotRun(`mount --bind /dev/null ${BOOT_ID}`, '--mount');

for (const dies of ['after', 'before'] as const) {
  unless(noPids)(
    `a build is abandoned if its process died ${dies} its start was recorded and the kernel reused the pid; the new process is left alone`,
    (t) => {
      const host = temporaryHost(t);
      const app = createApp(host, 'myapp');
      const [unshare = '', ...namespaces] = unshared(...pidNamespace);
      const script = path.join(__dirname, 'reusedPid.sh');
      const plugin = path.dirname(executable('plugin.toml'));
      const { stdout, stderr, status } = spawnSync(unshare, [...namespaces, 'sh', script, plugin, app, dies], {
        encoding: 'utf8',
        env: environmentOf(host),
        cwd: temporaryDirectory(t), // for a core file
      });
      t.is(stderr, '');
      t.is(status, 0);
      const [before = '', after = '', onHost = '', ...rest] = stdout.trim().split('\n');
      t.deepEqual(statuses(onHost), []);
      t.deepEqual(statuses(before), [dies === 'after' ? 'b1 running running' : 'b1 running abandoned']);
      t.deepEqual(statuses(after), ['b1 running abandoned']);
      t.is(rest[0], '-----> Build was already terminated, marking failed');
      t.deepEqual(statuses(rest[1] ?? ''), ['b1 failed failed']);
      t.deepEqual(
        rest.slice(2),
        ['S', 'exit status 131'],
        'the other process slept on, and the signal would have ended it',
      );
    },
  );
}

unless(noBoots)('after a reboot a build is abandoned, and whoever has its pid now is left alone', async (t) => {
  const { host, app, sleeper } = await deploying(t);
  const another = path.join(temporaryDirectory(t), 'boot_id');
  writeFileSync(another, `${ANOTHER_BOOT}\n`);
  const script = `mount --bind "${another}" ${BOOT_ID} && exec "$0" "$@"`;
  const rebooted = { by: [...unshared('--mount'), 'sh', '-c', script] };
  t.is((await call(host, 'builds-record-start', [app, 'b1', String(sleeper), 'git-hook'])).status, 0);
  t.deepEqual(await listed(host, [app]), ['b1 running running']);
  t.deepEqual(await listed(host, [app], rebooted), ['b1 running abandoned']);
  t.deepEqual(await listed(host, [], rebooted), []);
  const outcome = await command(host, 'cancel', [app], rebooted);
  t.like(outcome, { status: 0, stdout: '-----> Build was already terminated, marking failed\n' });
  t.true(isAlive({ pid: sleeper }));
  t.deepEqual(await listed(host, [app]), ['b1 failed failed']);
});

for (const [what, change] of [
  ['another start time', { startTicks: 1 }],
  ['another boot', { bootId: ANOTHER_BOOT }],
] as const) {
  test(`a build whose process had ${what} is abandoned; a cancel or a prune marks it failed, and sends no signal`, async (t) => {
    for (const way of ['cancel', 'prune']) {
      const { host, app, sleeper } = await deploying(t);
      record(host, app, { ...identifyProcess(sleeper), ...change });
      t.deepEqual(await listed(host, [app]), ['b1 running abandoned']);
      t.deepEqual(await listed(host, []), []);
      t.is((await command(host, way, [app])).status, 0);
      t.deepEqual(await listed(host, [app]), ['b1 failed failed']);
      t.true(isAlive({ pid: sleeper }));
    }
  });
}

test('a build whose process is the recorded one is running, and a cancel ends it', async (t) => {
  const { host, app, sleeper, ended } = await deploying(t);
  record(host, app, identifyProcess(sleeper));
  t.deepEqual(await listed(host, []), ['b1 running running']);
  t.is((await command(host, 'prune', [app])).status, 0);
  t.deepEqual(await listed(host, []), ['b1 running running']);
  t.is((await command(host, 'cancel', [app])).status, 0);
  t.is(await ended, 'SIGQUIT');
  t.deepEqual(await listed(host, [app]), ['b1 canceled canceled']);
});

const HOUR_MS = 3_600_000;

test('a cancel that was killed before its signal is finished by the next cancel, even if the clock was set back', async (t) => {
  for (const ago of [HOUR_MS, -HOUR_MS]) {
    const { host, app, builds, sleeper, ended } = await deploying(t);
    const finishedAt = formatTimestamp(Date.now() - ago);
    append(builds, started('b1', { process: identifyProcess(sleeper) }), canceled('b1', { finishedAt }));
    const { status, stdout } = await command(host, 'cancel', [app]);
    t.is(status, 0);
    t.regex(stdout, /^-----> Killing app deploy\n/);
    t.is(await ended, 'SIGQUIT');
  }
});

test('a cancel of a build with only a pid on record does not signal a process that began after the build', async (t) => {
  const { host, app, builds, sleeper } = await deploying(t);
  const [startedAt, finishedAt] = [formatTimestamp(Date.now() - 2 * HOUR_MS), formatTimestamp(Date.now() - HOUR_MS)];
  append(builds, started('b1', { process: { pid: sleeper }, startedAt }), canceled('b1', { finishedAt }));
  const { status, stdout } = await command(host, 'cancel', [app]);
  t.is(status, 0);
  t.is(stdout, '-----> Build b1 is no longer running (status=canceled); leaving record untouched\n');
  t.true(isAlive({ pid: sleeper }));
});

(cannotTrace === undefined ? test : test.skip)(
  'a cancel answers by what another process wrote only when that is on disk',
  async (t) => {
    const { host, app, builds } = await deploying(t);
    append(builds, started('b1'), finished('b1'));
    const journal = path.join(builds.directory, JOURNAL_FILE);
    const unsynced = interfering({ call: 'fdatasync', nth: 1 }, 'error=EIO', '/dev/null', journal);
    const { status, stdout, stderr } = await command(host, 'cancel', [app], { by: unsynced });
    t.deepEqual([status, stdout], [1, '']);
    t.regex(stderr, /i\/o error/);
    t.is((await command(host, 'cancel', [app])).status, 0);
  },
);

test('a cancel that would signal its own process group refuses, and records nothing', async (t) => {
  const host = temporaryHost(t);
  const app = createApp(host, 'myapp');
  lock(host, app);
  const script = '"$1" "$3" b1 $$ git-hook && "$2" builds:cancel "$3"; echo "exit status $?"; read -r end';
  const args = [executable('builds-record-start'), executable('subcommands/cancel'), app];
  const shell = spawn('sh', ['-c', script, 'sh', ...args], {
    env: environmentOf(host),
    detached: true, // a group of its own: what this test expects not to be signalled is nobody else
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  shell.stderr.on('data', (some: Buffer) => (stderr += some.toString()));
  const [stdout] = (await once(shell.stdout, 'data')) as [Buffer];
  const states = await listed(host, [app]); // before the shell ends, and its build with it
  shell.stdin.end();
  await once(shell, 'close');
  t.is(stdout.toString(), 'exit status 1\n');
  t.regex(stderr, /^ ! {5}refusing to signal process group \d+: it is the group of this process\n$/i);
  t.deepEqual(states, ['b1 running running']);
});

/** An app whose deploy lock names build b1, and a process in a group of its own that can be its deploy. */
async function deploying(t: ExecutionContext) {
  const host = temporaryHost(t);
  const app = createApp(host, 'myapp');
  const builds = appBuilds(host, app);
  mkdirSync(builds.directory, { recursive: true });
  lock(host, app);
  const cwd = temporaryDirectory(t); // for a core file
  const child = spawn('sleep', ['600'], { stdio: 'ignore', detached: true, cwd });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  const ended = once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
  return { host, app, builds, sleeper: child.pid ?? 0, ended };
}

function lock(host: Host, app: AppName): void {
  const file = deployLockPath(host, app);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, 'b1\n');
}

/** Build b1 has started as this process; the journal alone says so. */
function record(host: Host, app: AppName, process_: ProcessIdentity): void {
  const builds = appBuilds(host, app);
  mkdirSync(builds.directory, { recursive: true });
  append(builds, started('b1', { process: process_ }));
}

/** Id, status on record and status shown of each build that a list gives. */
async function listed(host: Host, args: readonly string[], options?: CallOptions): Promise<string[]> {
  return statuses((await command(host, 'list', [...args, '--format', 'json'], options)).stdout);
}

function statuses(json: string): string[] {
  const builds = JSON.parse(json) as { id: string; status: string; display_status: string }[];
  return builds.map(({ id, status, display_status: shown }) => `${id} ${status} ${shown}`);
}
