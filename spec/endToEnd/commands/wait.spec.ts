import { readdirSync, readlinkSync } from 'node:fs';

import test from 'ava';

import { createSandbox, type Sandbox, script } from '../../../scripts/sandbox/host';

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
        return false; // it was closed after the directory was read
      }
    });
  while (!watches()) await new Promise((resolve) => setTimeout(resolve, 5));
}
