import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';

import test from 'ava';

import { createSandbox, type Running, type Sandbox, script } from '../../../../scripts/sandbox/host';
import { recordText } from '../../expectedRecord';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

/** A capture that runs until the gate is opened, given back when its command has begun. */
async function holding(
  app: string,
  ...lines: string[]
): Promise<{ capture: Running; build: string; open: () => void }> {
  const gate = host.gate();
  const capture = host.start([
    'dokku-builds',
    'capture',
    app,
    '--',
    'bash',
    '-c',
    ['set -e', gate.announced('begun'), ...lines].join('\n'),
  ]);
  await capture.until('begun');
  return { capture, build: host.lock(app)?.trim() ?? '', open: () => gate.open() };
}

async function listed(app: string): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await host.dokku(['builds:list', app, '--format', 'json']);
  return JSON.parse(stdout) as Record<string, unknown>[];
}

test('a command is recorded, its output goes to the terminal and the log, and its exit code is the exit code', async (t) => {
  await host.createApp('shop');
  const command = ['bash', '-c', 'echo to stdout; echo to stderr >&2; exit 7'];
  const { code, stdout, stderr } = await host.program(['capture', 'shop', '--source', 'git:sync', '--', ...command]);
  t.deepEqual([code, stdout, stderr], [7, 'to stdout\nto stderr\n', '']);
  const [build] = await listed('shop');
  t.like(build, { kind: 'build', source: 'git:sync', status: 'failed', exit_code: 7 });
  const id = String(build?.['id']);
  t.regex(id, /^[0-9a-z]{14}$/);
  t.is(host.read('shop', `${id}.log`), stdout);
  const { started_at, finished_at, pid } = host.record('shop', id) as Record<string, string | number>;
  t.is(
    host.read('shop', `${id}.json`),
    recordText({
      ...{ id, app: 'shop', kind: 'build', pid: Number(pid), source: 'git:sync', status: 'failed', exit_code: 7 },
      ...{ started_at: String(started_at), finished_at: String(finished_at) },
    }),
  );
  t.is(host.lock('shop'), undefined);
});

test('without --source it is a deploy, and its arguments are what they are', async (t) => {
  await host.createApp('plain');
  const words = ['a b', '', '$HOME', '`id`', '--source', 'ü\n*'];
  const { code, stdout } = await host.program(['capture', 'plain', '--', 'printf', '%s|', ...words]);
  t.deepEqual([code, stdout], [0, words.map((word) => `${word}|`).join('')]);
  t.like((await listed('plain'))[0], { kind: 'deploy', source: 'deploy', status: 'succeeded', exit_code: 0 });
});

test('an unknown source, a missing command, and a command that does not exist are refused', async (t) => {
  await host.createApp('wrong');
  const bad = await host.program(['capture', 'wrong', '--source', 'ftp', '--', 'true']);
  t.is(bad.code, 1);
  t.regex(bad.stderr, /^ ! {5}.*ftp/);
  for (const args of [['wrong'], ['wrong', '--'], ['wrong', 'true']]) {
    t.is((await host.program(['capture', ...args])).code, 1, args.join(' '));
  }
  t.deepEqual(await listed('wrong'), []);
  const missing = await host.program(['capture', 'wrong', '--', '/nowhere/no-such-program']);
  t.is(missing.code, 127);
  t.like((await listed('wrong'))[0], { status: 'failed', exit_code: 127 });
  t.is(host.lock('wrong'), undefined);
});

test('a running command holds the lock: a second one, or a deploy, fails at once and says who holds it', async (t) => {
  await host.createApp('busy', { start: script('echo started') });
  const { capture, build, open } = await holding('busy');
  t.is(host.lock('busy'), `${build}\n`);
  t.regex((await host.dokku(['builds:list'])).stdout, new RegExp(`^busy +${build} +deploy `, 'm'));

  const second = await host.program(['capture', 'busy', '--', 'echo', 'never']);
  t.is(second.code, 1);
  t.regex(second.stderr, new RegExp(`^ ! {5}.*${build}`));
  t.is(second.stdout, '');
  const deploy = await host.dokku(['ps:rebuild', 'busy']);
  t.is(deploy.code, 1);
  t.regex(deploy.stdout, /deploy lock in place/);
  t.is(host.lock('busy'), `${build}\n`);
  t.is((await listed('busy')).length, 2); // the deploy is on record, as one that failed

  open();
  t.is((await capture.finished).code, 0);
  t.is((await host.dokku(['ps:rebuild', 'busy'])).code, 0);
});

test('a deploy that runs keeps a capture out, and so does any flock on the lock', async (t) => {
  const gate = host.gate();
  await host.createApp('deployed', { build: script(gate.announced('compiling')) });
  const deploy = await host.startDeploy('deployed', ['ps:rebuild', 'deployed'], 'compiling');
  const refused = await host.program(['capture', 'deployed', '--', 'echo', 'never']);
  t.deepEqual([refused.code, refused.stdout], [1, '']);
  t.regex(refused.stderr, new RegExp(`^ ! {5}.*${deploy.build}`));
  gate.open();
  t.is((await deploy.finished).code, 0);

  await host.createApp('flocked');
  const path = host.lockPath('flocked');
  mkdirSync(dirname(path), { recursive: true });
  const other = host.gate();
  const holder = host.start(['flock', path, 'bash', '-c', other.announced('held')]);
  await holder.until('held');
  t.is((await host.program(['capture', 'flocked', '--', 'true'])).code, 1);
  other.open();
  await holder.finished;
  t.is((await host.program(['capture', 'flocked', '--', 'true'])).code, 0);
});

test('a lock that cannot be written is given back, except that of apps:lock', async (t) => {
  await host.createApp('full');
  const refusal = ` !     Cannot write ${host.lockPath('full')}: file too large\n`;
  const capture = () => host.run(['bash', '-c', 'ulimit -f 0; exec dokku-builds capture full -- echo never']);
  t.like(await capture(), { code: 1, stdout: '', stderr: refusal });
  t.is(host.lock('full'), undefined); // an empty one is what apps:lock leaves
  await host.dokku(['apps:lock', 'full']);
  const { code, stderr } = await capture();
  t.is(code, 1);
  t.true(stderr.endsWith(refusal));
  t.is(host.lock('full'), '');
});

test('captures of different apps run at the same time', async (t) => {
  await Promise.all(['left', 'right'].map((app) => host.createApp(app)));
  const [left, right] = await Promise.all([holding('left'), holding('right')]);
  t.regex((await host.dokku(['builds:list'])).stdout, /^left [^]*^right |^right [^]*^left /m);
  left.open();
  right.open();
  t.deepEqual([(await left.capture.finished).code, (await right.capture.finished).code], [0, 0]);
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} reaches the command, and the build has failed with its status`, async (t) => {
    const app = signal.toLowerCase();
    await host.createApp(app);
    const { capture, build } = await holding(app, 'echo never');
    capture.signal(signal);
    const status = 128 + constants.signals[signal];
    const { code, signal: killer, stdout } = await capture.finished;
    t.true(code === status || killer === signal, `exit ${code ?? killer ?? ''}`);
    t.is(stdout, 'begun\n');
    t.like(host.record(app, build), { status: 'failed', exit_code: status });
    t.is(host.lock(app), undefined);
  });
}

test('a signal reaches the whole process group of the command', async (t) => {
  await host.createApp('group');
  const gate = host.gate();
  // The shell is trapped and outlives the signal; its child must not.
  const lines = `trap 'echo trapped' TERM; ${gate.announced('begun')} || true; echo child gone`;
  const capture = host.start(['dokku-builds', 'capture', 'group', '--', 'bash', '-c', lines]);
  await capture.until('begun');
  capture.signal('SIGTERM');
  const { stdout } = await capture.finished;
  t.regex(stdout, /^begun\n(?:Terminated\n)?trapped\nchild gone\n$/); // bash may say how its child ended
});

test('builds:cancel works on it, and builds:output follows it', async (t) => {
  await host.createApp('canceled');
  const { capture, build } = await holding('canceled', 'echo never');
  const follower = host.start(['dokku', 'builds:output', 'canceled']);
  await follower.until('begun');
  const { code, stdout } = await host.dokku(['builds:cancel', 'canceled']);
  t.is(code, 0);
  t.regex(stdout, /^-----> Killing app deploy$/m);
  t.is((await capture.finished).code, 128 + constants.signals.SIGQUIT);
  t.like(host.record('canceled', build), { status: 'canceled', exit_code: -1 });
  t.is(host.lock('canceled'), undefined);
  const followed = await follower.finished;
  t.is(followed.code, 0);
  t.regex(followed.stdout, /^begun\n/);
  t.notRegex(followed.stdout, /never/);
});

test('stdin of the capture is that of the command', async (t) => {
  await host.createApp('piped');
  const { stdout } = await host.program(['capture', 'piped', '--', 'cat'], { input: 'through and through' });
  t.is(stdout, 'through and through');
});

test('bytes that are not UTF-8 are refused in an argument, and warned of in the environment', async (t) => {
  await host.createApp('latin');
  const capture = (command: string) => host.run(['bash', '-c', command]);
  const refused = await capture("dokku-builds capture latin -- echo $'caf\\xe9'");
  t.is(refused.code, 1);
  t.is(
    refused.stderr,
    ' !     An argument of the command is not UTF-8, and would be changed: put the command into a script\n',
  );
  t.deepEqual(await listed('latin'), []);
  const warned = await capture("CAFE=$'caf\\xe9' dokku-builds capture latin -- echo here");
  t.deepEqual([warned.code, warned.stdout], [0, 'here\n']);
  t.is(warned.stderr, ' !     These variables are not UTF-8, so the command gets them changed: CAFE\n');
  const text = await capture("CAFE='caf\ufffd' dokku-builds capture latin -- echo 'caf\ufffd'");
  t.like(text, { code: 0, stdout: 'caf\ufffd\n', stderr: '' });
});
