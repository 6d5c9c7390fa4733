import { chmodSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, type Sandbox, script } from '../../../scripts/sandbox/host';
import { finishedRecord, writeRecords } from '../expectedRecord';

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

test('the exit status says how the build ended although nobody reads the output any more', async (t) => {
  await host.createApp('unread');
  writeRecords(host, finishedRecord('unread', 'badly', 1, { status: 'failed', exit_code: 4 }));
  for (const log of ['short\n', 'a longer line\n'.repeat(20_000)]) {
    host.write(host.file('unread', 'badly.log'), log);
    for (const command of ['output unread badly --exit-status', 'wait unread badly']) {
      t.is(await statusUnread(`dokku builds:${command}`), '1', command);
    }
    t.is(await statusUnread('dokku builds:output unread badly'), '0');
  }
});

test('the end of a build is waited for as well if its output is in the system journal', async (t) => {
  await host.createApp('logged');
  const deploy = host.process();
  await host.trigger('builds-record-start', ['logged', 'b1', String(deploy.pid), 'git-hook']);
  const stubs = join(host.paths.tmp, 'stubs');
  host.write(join(stubs, 'journalctl'), script('echo from the journal'));
  chmodSync(join(stubs, 'journalctl'), 0o755);
  const following = host.startSubcommand('output', ['logged', 'b1', '--exit-status'], {
    env: { PATH: `${stubs}:${host.env['PATH'] ?? ''}` },
  });
  await Promise.race([following.finished, untilItWatches(following.pid)]);
  await host.trigger('builds-record-finalize', ['logged', 'b1', '4']);
  t.like(await following.finished, { code: 1, stdout: 'from the journal\n', stderr: '' });
});

test('if nobody reads the output before the build has ended, the exit status is that of a closed pipe', async (t) => {
  const gate = host.gate();
  await host.createApp('left', { build: script('seq 30000', gate.announced('compiling')) });
  const deploy = await host.startDeploy('left', ['ps:rebuild', 'left'], 'compiling');
  for (const command of ['output left --exit-status', 'wait left']) {
    t.is(await statusUnread(`dokku builds:${command}`), '141', command);
  }
  gate.open();
  await deploy.finished;
});

/** The exit status of `command` whose stdout is a pipe that was closed before it began. */
async function statusUnread(command: string): Promise<string> {
  const { stdout } = await host.run(['bash', '-c', `exec 3> >(:); wait $!; ${command} >&3; echo $?`]);
  return stdout.trim();
}

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
