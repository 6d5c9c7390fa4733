import { readdirSync, readlinkSync } from 'node:fs';

import test from 'ava';

import { createSandbox, type Sandbox, script } from '../../../scripts/sandbox/host';
import { deadPid, finishedRecord, runningRecord, writeRecords } from '../expectedRecord';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

test('wait ends with the build, and its exit status says how the build ended', async (t) => {
  const gate = host.gate();
  await host.createApp('live', { build: script(gate.announced('compiling'), 'exit 3') });
  const deploy = await host.startDeploy('live', ['ps:rebuild', 'live'], 'compiling');
  const waiting = [[], ['current'], [deploy.build]].map((args) =>
    host.start(['dokku', 'builds:wait', 'live', ...args]),
  );
  const following = host.start(['dokku', 'builds:output', 'live', '--exit-status', '--tail', '1']);
  await following.until('compiling');
  gate.open();
  await deploy.finished;
  for (const one of waiting) {
    const { code, stdout } = await one.finished;
    t.is(code, 1);
    t.regex(stdout, new RegExp(`^-----> Build ${deploy.build} failed after \\d+s`));
  }
  t.is((await following.finished).code, 1);
});

test('a build that holds no deploy lock, such as a restart, is waited for as well', async (t) => {
  await host.createApp('restarted');
  const deploy = host.process();
  await host.trigger('builds-record-start', ['restarted', 'locklessbuild1', String(deploy.pid), 'ps:restart']);
  const waiting = [[], ['current']].map((args) => host.startSubcommand('wait', ['restarted', ...args]));
  await Promise.all(waiting.map(({ pid }) => untilItWatches(pid)));
  await host.trigger('builds-record-finalize', ['restarted', 'locklessbuild1', '4']);
  for (const one of waiting) {
    const { code, stdout } = await one.finished;
    t.is(code, 1);
    t.regex(stdout, /^-----> Build locklessbuild1 failed after \d+s \(exit code 4\)\n$/);
  }
});

/** Resolves when a process watches a directory, as one does that waits for a build. */
async function untilItWatches(pid: number): Promise<void> {
  const watches = (): boolean =>
    readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === 'anon_inode:inotify';
      } catch {
        return false; // closed meanwhile
      }
    });
  while (!watches()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('of a build that has ended, wait and output --exit-status say at once how', async (t) => {
  await host.createApp('ended');
  writeRecords(
    host,
    finishedRecord('ended', 'well', 1),
    finishedRecord('ended', 'badly', 2, { status: 'failed', exit_code: 2 }),
    finishedRecord('ended', 'stopped', 3, { status: 'canceled', exit_code: -1 }),
  );
  for (const [build, status] of [
    ['well', 0],
    ['badly', 1],
    ['stopped', 2],
  ] as const) {
    t.is((await host.dokku(['builds:wait', 'ended', build])).code, status, build);
    t.is((await host.dokku(['builds:output', 'ended', build, '--exit-status'])).code, status, build);
    t.is((await host.dokku(['builds:output', 'ended', build])).code, 0, build);
  }
  t.is(
    (await host.dokku(['builds:wait', 'ended', 'badly'])).stdout,
    '-----> Build badly failed after 1m14s (exit code 2)\n',
  );
  t.like(await host.dokku(['builds:wait', 'ended']), { code: 0, stdout: '-----> App not currently deploying\n' });
  t.like(await host.dokku(['builds:wait', 'ended', 'nothing']), { code: 1, stdout: '' });
});

test('a build whose process is gone, and that nobody concludes, is abandoned', async (t) => {
  await host.createApp('left');
  writeRecords(host, runningRecord('left', 'dead', 1, deadPid));
  const { code, stdout } = await host.dokku(['builds:wait', 'left', 'dead']);
  t.is(code, 3);
  t.regex(stdout, /^-----> Build dead abandoned after /);
});

test('the last lines of a log are shown', async (t) => {
  await host.createApp('long');
  writeRecords(host, finishedRecord('long', 'b1', 1));
  host.write(host.file('long', 'b1.log'), 'one\ntwo\nthree\n');
  t.is((await host.dokku(['builds:output', 'long', 'b1', '--tail', '2'])).stdout, 'two\nthree\n');
});

test('releases have numbers that pruning does not change, and that info, output and events take', async (t) => {
  await host.createApp('shop');
  t.is((await host.dokku(['builds:releases', 'shop'])).stdout, 'No releases recorded for this app\n');
  writeRecords(
    host,
    finishedRecord('shop', 'first', 1),
    finishedRecord('shop', 'badly', 2, { status: 'failed', exit_code: 2 }),
    finishedRecord('shop', 'second', 3),
    finishedRecord('shop', 'third', 4),
  );
  const releases = async () => {
    const { stdout } = await host.dokku(['builds:releases', 'shop', '--format', 'json']);
    return (JSON.parse(stdout) as { release: string; build: string; current: boolean }[]).map(
      ({ release, build, current }) => `${release} ${build}${current ? ' current' : ''}`,
    );
  };
  const all = ['v3 third current', 'v2 second', 'v1 first'];
  t.deepEqual(await releases(), all);
  await host.dokku(['builds:set', 'shop', 'retention', '1']);
  await host.dokku(['builds:prune', 'shop']);
  t.regex((await host.dokku(['builds:list', 'shop'])).stdout, /^Build ID[^\n]*\nthird [^\n]*\n$/);
  t.deepEqual(await releases(), all);
  t.regex((await host.dokku(['builds:info', 'shop', 'v3'])).stdout, /^ {7}Build ID: +third$/m);
  t.regex((await host.dokku(['builds:info', 'shop', 'v1'])).stdout, /^ {7}Build ID: +first$/m);
  t.is((await host.dokku(['builds:output', 'shop', 'v3'])).stdout, 'output of third\n');
  t.regex((await host.dokku(['builds:events', 'shop', '--build', 'v2'])).stdout, /BuildStarted +second/);
  t.like(await host.dokku(['builds:info', 'shop', 'v4']), {
    code: 1,
    stderr: ' !     No build record found for shop/v4\n',
  });
  const { stdout } = await host.dokku(['builds:releases', 'shop', '--limit', '1']);
  t.regex(stdout, /^Release +Build ID +Commit +Source +Who +Released +Live\nv3 +third +git-hook +.* \(current\)\n$/);
});
