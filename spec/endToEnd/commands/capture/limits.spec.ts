import test from 'ava';

import { isAlive } from '../../../../host/system/processes';
import { createSandbox, type Result, type Running, type Sandbox } from '../../../../scripts/sandbox/host';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

async function listed(app: string): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await host.dokku(['builds:list', app, '--format', 'json']);
  return JSON.parse(stdout) as Record<string, unknown>[];
}

/** A capture that runs until the gate is opened. */
async function holding(app: string): Promise<{ capture: Running; build: string; open: () => void }> {
  const gate = host.gate();
  const command = ['bash', '-c', `${gate.announced('begun')}; echo first`];
  const capture = host.start(['dokku-builds', 'capture', app, '--', ...command]);
  await capture.until('begun');
  return { capture, build: host.lock(app)?.trim() ?? '', open: () => gate.open() };
}

/**
 * Captures a command that hangs, with a time limit that is over when its output holds `begun`: a busy machine may take
 * more than a second to start it, and then it is given more.
 */
async function timedOut(app: string, script: string, begun: RegExp): Promise<Result & { limit: string }> {
  for (const limit of ['1s', '10s']) {
    const result = await captureFor(limit);
    if (begun.test(result.stdout)) return result;
  }
  return captureFor('50s');

  async function captureFor(limit: string): Promise<Result & { limit: string }> {
    const command = ['bash', '-c', script];
    return { limit, ...(await host.program(['capture', app, '--timeout', limit, '--', ...command])) };
  }
}

test('--timeout ends a command that hangs, and everybody can see that it did', async (t) => {
  await host.createApp('hangs');
  const gate = host.gate();
  const { code, stdout, limit } = await timedOut('hangs', gate.announced('begun'), /^begun$/m);
  t.is(code, 124);
  t.is(stdout, `begun\n !     Timed out after ${limit}: SIGTERM was sent to the command\n`);
  const [build] = await listed('hangs');
  t.like(build, { status: 'failed', exit_code: 124 });
  t.is(host.read('hangs', `${String(build?.['id'])}.log`), stdout);
  t.regex((await host.dokku(['builds:events', 'hangs'])).stdout, /BuildFinished .* failed, exit code 124: timed out$/m);
  t.is(host.lock('hangs'), undefined);
});

test('what does not end by SIGTERM is killed, and so is what the command has started', async (t) => {
  await host.createApp('stubborn');
  const gate = host.gate();
  const lines = `trap '' TERM; ${gate.announced('begun')} & echo "child $!"; while :; do wait; done`;
  const { code, stdout, limit } = await timedOut('stubborn', lines, /^child \d+$/m);
  t.is(code, 124);
  t.true(stdout.includes(`\n !     Timed out after ${limit}: SIGTERM was sent to the command\n`), stdout);
  t.regex(stdout, /^ ! {5}The command did not end within 5s of SIGTERM: SIGKILL was sent to it$/m);
  t.is((await listed('stubborn'))[0]?.['exit_code'], 124);
  const child = Number(/^child (\d+)$/m.exec(stdout)?.[1]);
  t.false(isAlive({ pid: child })); // init may not have reaped it yet
});

test('a command that ends in time has its own exit code, 124 too', async (t) => {
  await host.createApp('quick');
  const capture = (exitCode: number) =>
    host.program(['capture', 'quick', '--timeout', '1h30m', '--', 'sh', '-c', `exit ${exitCode}`]);
  t.is((await capture(124)).code, 124);
  t.like(await capture(0), { code: 0, stdout: '', stderr: '' });
});

test('--wait waits for the deploy lock, and then runs the command', async (t) => {
  await host.createApp('waits');
  const { capture, build, open } = await holding('waits');
  const next = host.start(['dokku-builds', 'capture', 'waits', '--wait', '--', 'echo', 'second']);
  await next.until(` !     waits is being deployed: build ${build} holds its deploy lock; waiting for it\n`);
  t.is((await listed('waits')).length, 1);
  open();
  t.is((await capture.finished).stdout, 'begun\nfirst\n');
  t.like(await next.finished, { code: 0, stdout: 'second\n' });
  const [second, first] = await listed('waits');
  t.true(String(second?.['started_at']) >= String(first?.['finished_at']));
  t.is(host.lock('waits'), undefined);
});

test('--wait waits for a deploy of Dokku, too, and for several captures one after the other', async (t) => {
  const gate = host.gate();
  await host.createApp('queue', { build: `#!/bin/sh\n${gate.announced('compiling')}\n` });
  const deploy = await host.startDeploy('queue', ['ps:rebuild', 'queue'], 'compiling');
  const waiting = [1, 2, 3].map((n) =>
    host.start(['dokku-builds', 'capture', 'queue', '--wait', '--', 'sh', '-c', `echo in ${n}; echo out ${n}`]),
  );
  await Promise.all(waiting.map((one) => one.until('waiting for it\n')));
  gate.open();
  t.is((await deploy.finished).code, 0);
  const codes = await Promise.all(waiting.map(async (one) => (await one.finished).code));
  t.deepEqual(codes, [0, 0, 0]);
  t.is((await listed('queue')).length, 4);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends a capture that waits, which leaves nothing behind`, async (t) => {
    const app = `ends-${signal.toLowerCase()}`;
    await host.createApp(app);
    const { capture, open } = await holding(app);
    const next = host.start(['dokku-builds', 'capture', app, '--wait', '--', 'echo', 'never']);
    await next.until('waiting for it\n');
    next.signal(signal);
    t.like(await next.finished, { signal, stdout: '' });
    t.is((await host.run(['pgrep', '-s', '0', '-g', String(next.pid)])).stdout, '');
    open();
    t.is((await capture.finished).code, 0);
    t.is((await listed(app)).length, 1);
  });
}

test('--max-log keeps the beginning and the end of the output, and says how much is missing', async (t) => {
  await host.createApp('chatty');
  const { stdout } = await host.program(['capture', 'chatty', '--max-log', '20k', '--', 'seq', '100000']);
  t.is(stdout.length, 588_895);
  const log = host.read('chatty', `${String((await listed('chatty'))[0]?.['id'])}.log`);
  t.true(log.length <= 20 * 1024, `${log.length} bytes`);
  t.true(log.length > 18 * 1024, `${log.length} bytes`);
  const lines = log.trimEnd().split('\n');
  const [lost, bytes] = /^-----> (\d+) lines \((\d+) bytes\) are left out here$/m.exec(log)?.slice(1).map(Number) ?? [];
  const kept = lines.filter((line) => /^\d+$/.test(line));
  t.is(kept.length + (lost ?? 0), 100_000);
  t.is(kept.join('\n').length + 1 + (bytes ?? 0), 588_895);
  t.deepEqual([lines[0], lines.at(-1)], ['1', '100000']);
});

test('a log that stays below --max-log is what the command wrote', async (t) => {
  await host.createApp('calm');
  const { stdout } = await host.program(['capture', 'calm', '--max-log=1m', '--', 'seq', '100000']);
  t.is(host.read('calm', `${String((await listed('calm'))[0]?.['id'])}.log`), stdout);
});

test('whoever follows a limited log sees it whole', async (t) => {
  await host.createApp('followed');
  const gate = host.gate();
  const command = ['bash', '-c', `${gate.announced('begun')}; seq 100000; echo end`];
  const capture = host.start(['dokku-builds', 'capture', 'followed', '--max-log', '20k', '--', ...command]);
  await capture.until('begun');
  const build = host.lock('followed')?.trim() ?? '';
  const follower = host.start(['dokku', 'builds:output', 'followed']);
  await follower.until('begun');
  gate.open();
  await capture.finished;
  t.is((await follower.finished).stdout, host.read('followed', `${build}.log`));
});

const BAD = {
  timeout: ['', '0', '0s', '-5s', '10', '1.5h', '30m1h', '25d', 'soon'],
  'max-log': ['', '0', '1', '-1m', '10q', '1.5m', 'big', '99999999999g'],
};

test('a bad value is refused with what is taken, and nothing is run', async (t) => {
  await host.createApp('bad');
  for (const [flag, values] of Object.entries(BAD)) {
    const taken =
      flag === 'timeout'
        ? 'must be a time such as 90s, 30m, 1h30m or 2d, at most 24d'
        : 'must be a size such as 500k, 10m or 1g, at least 1k';
    for (const value of values) {
      const { code, stdout, stderr } = await host.program([
        'capture',
        'bad',
        `--${flag}=${value}`,
        '--',
        'echo',
        'run',
      ]);
      t.deepEqual([code, stdout, stderr], [1, '', ` !     Invalid --${flag} value "${value}": ${taken}\n`]);
    }
  }
  t.deepEqual(await listed('bad'), []);
  t.is(host.lock('bad'), undefined);
});

test('help, completion and the manual page have the flags', async (t) => {
  const help = await host.program(['help', 'capture']);
  for (const flag of ['--timeout <time>', '--wait', '--max-log <size>']) t.true(help.stdout.includes(flag), flag);
  const completed = await host.program(['complete', 'program', 'capture', 'bad', '--']);
  for (const flag of ['--timeout', '--wait', '--max-log']) t.true(completed.stdout.includes(flag), flag);
});
