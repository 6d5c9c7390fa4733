import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, expectSuccess, type Running, type Sandbox, script } from '../../../../scripts/sandbox/host';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

/** A capture whose command is a script of bash; given back when its output holds `until`. */
async function capturing(app: string, until: string, ...lines: string[]): Promise<{ capture: Running; build: string }> {
  const capture = host.start(['dokku-builds', 'capture', app, '--', 'bash', '-c', lines.join('\n')]);
  await capture.until(until);
  return { capture, build: String((await onlyBuild(app))['id']) };
}

/** The build that is on record, and only that. */
async function onlyBuild(app: string): Promise<Record<string, unknown>> {
  const { stdout } = await host.dokku(['builds:list', app, '--format', 'json']);
  const [build = {}, ...others] = JSON.parse(stdout) as Record<string, unknown>[];
  if (others.length > 0) throw new Error(stdout);
  return build;
}

test('stdout and stderr are shown and logged in the order in which they were written', async (t) => {
  await host.createApp('ordered');
  const loop = 'for n in {1..300}; do echo out $n; echo err $n >&2; echo device $n >/dev/stderr; done';
  const { stdout, stderr } = await host.program(['capture', 'ordered', '--', 'bash', '-c', loop]);
  const expected = Array.from({ length: 300 }, (_, n) => `out ${n + 1}\nerr ${n + 1}\ndevice ${n + 1}\n`).join('');
  t.is(stdout, expected);
  t.is(stderr, '');
  t.is(host.read('ordered', `${String((await onlyBuild('ordered'))['id'])}.log`), expected);
});

test('the build ends when the command ends, and its remaining processes go on', async (t) => {
  await host.createApp('daemon');
  const gate = host.gate();
  const written = join(host.paths.tmp, 'written');
  const daemon = `(${gate.wait}; echo late; echo still here >'${written}'; ${gate.wait}) &`;
  const { capture, build } = await capturing('daemon', 'begun', daemon, 'echo begun');
  const { code, stdout } = await capture.finished;
  t.deepEqual([code, stdout], [0, 'begun\n']);
  t.like(await onlyBuild('daemon'), { id: build, status: 'succeeded', exit_code: 0 });
  t.is(host.lock('daemon'), undefined);
  t.is((await host.program(['capture', 'daemon', '--', 'true'])).code, 0);
  gate.open();
  await host.run(['bash', '-c', `until [[ -s '${written}' ]]; do sleep 0.02; done`]);
  t.is(host.read('daemon', `${build}.log`), 'begun\n');
});

test('the output of remaining processes is logged for a while, after the lock is free', async (t) => {
  await host.createApp('late');
  const gate = host.gate();
  const { capture, build } = await capturing('late', 'begun', `(${gate.wait}; echo late) &`, 'echo begun');
  t.is((await host.dokku(['builds:wait', 'late', build])).code, 0);
  t.is((await host.program(['capture', 'late', '--wait', '--', 'true'])).code, 0);
  gate.open();
  t.regex((await capture.finished).stdout, /^begun\n(?:late\n)?$/); // a busy machine takes longer than the while
});

/** More than what is kept for a reader, and what pipes hold. */
const LINES = 2_000_000;
const BYTES = Buffer.byteLength(Array.from({ length: LINES }, (_, n) => `${n + 1}\n`).join(''));

/** The most memory that a process has had, in MB. */
function peakOf(pid: number): number {
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** A pipe that nobody reads: whoever writes to it is stuck when it is full. */
function pipeWithoutReader(name: string): { path: string; keptOpen: Running } {
  const path = join(host.paths.tmp, name);
  execFileSync('mkfifo', ['-m', '666', path]);
  return { path, keptOpen: host.start(['sh', '-c', 'exec 3<>"$0"; exec tail -f /dev/null', path]) };
}

/**
 * A capture whose stdout is the pipe `path`, and whose command prints 1 to {@link LINES}, then says so at another
 * pipe; given back then.
 */
async function flooding(app: string, path: string, env: Record<string, string>, ...lines: string[]) {
  const printed = join(host.paths.tmp, `${app}-printed`);
  execFileSync('mkfifo', ['-m', '666', printed]);
  const commands = [`seq ${LINES}`, `echo printed >'${printed}'`, ...lines].join('\n');
  const command = 'exec dokku-builds capture "$1" -- bash -c "$2" >"$0"';
  const capture = host.start(['sh', '-c', command, path, app, commands], { env });
  expectSuccess(await host.run(['cat', printed]));
  return { capture, build: host.lock(app)?.trim() ?? '' };
}

test('a reader that does not read, or a logger, delays no log, signal or end, and costs no memory', async (t) => {
  await host.createApp('stuck');
  const gate = host.gate();
  const stubs = join(host.paths.tmp, 'stubs');
  host.write(join(stubs, 'logger'), script(gate.wait));
  execFileSync('chmod', ['755', join(stubs, 'logger')]);
  const { path } = pipeWithoutReader('stuck-stdout');
  const holding = ["trap 'echo trapped; exit 9' TERM", `${gate.wait} &`, 'wait'];
  const env = { PATH: `${stubs}:${host.env['PATH'] ?? ''}` };
  const { capture, build } = await flooding('stuck', path, env, ...holding);
  t.true(peakOf(capture.pid) < 250, `${peakOf(capture.pid)} MB`);
  capture.signal('SIGTERM');
  t.is((await host.dokku(['builds:wait', 'stuck', build])).code, 1);
  t.like(await onlyBuild('stuck'), { status: 'failed', exit_code: 9 });
  const { code, stderr } = await capture.finished;
  t.is(code, 9);
  t.regex(stderr, /^ ! {5}Nobody reads the last \d+ lines of the output: dokku-builds output stuck /);
  const log = host.read('stuck', `${build}.log`);
  t.is(log.slice(0, 6), '1\n2\n3\n');
  t.is(log.slice(BYTES - 16), '1999999\n2000000\ntrapped\n');
});

test('for a slow reader whole lines are left out, and a line says how many', async (t) => {
  await host.createApp('slow');
  const gate = host.gate();
  const { path, keptOpen } = pipeWithoutReader('slow-stdout');
  const { capture } = await flooding('slow', path, {}, gate.wait, 'echo end');
  const reader = host.start(['cat', path]);
  await reader.until('1\n');
  keptOpen.signal('SIGKILL');
  gate.open();
  t.is((await capture.finished).code, 0);
  const lines = (await reader.finished).stdout.trimEnd().split('\n');
  const notes = lines.flatMap((line) => /^-----> (\d+) lines are left out here/.exec(line)?.[1] ?? []);
  t.true(notes.length > 0);
  const printed = lines.filter((line) => !line.startsWith('-'));
  t.is(printed.length + notes.reduce((sum, count) => sum + Number(count), 0), LINES + 1);
  t.true(printed.every((line, n) => line === 'end' || Number(line) > Number(printed[n - 1] ?? 0)));
});

test('after SIGKILL of the capture its command holds no lock, and its end is concluded', async (t) => {
  await host.createApp('killed');
  const gate = host.gate();
  const { capture, build } = await capturing('killed', 'begun', gate.announced('begun'), 'echo never seen');
  capture.signal('SIGKILL');
  t.is((await capture.finished).signal, 'SIGKILL');
  t.like(await onlyBuild('killed'), { id: build, status: 'running' });
  t.is((await host.program(['capture', 'killed', '--', 'echo', 'next'])).stdout, 'next\n');
  gate.open();
  t.is((await host.dokku(['builds:wait', 'killed', build])).code, 1);
  const { stdout } = await host.dokku(['builds:list', 'killed', '--format', 'json']);
  t.deepEqual(
    (JSON.parse(stdout) as { exit_code: number }[]).map((each) => each.exit_code),
    [0, -1],
  );
});

test('a reader who is gone, or one who made the pipe non-blocking, changes nothing for the command', async (t) => {
  await host.createApp('gone');
  const gate = host.gate();
  const capture = host.start([
    'bash',
    '-o',
    'pipefail',
    '-c',
    `dokku-builds capture gone -- bash -c "echo begun; $0; seq 100000; exit 3" | head -n 1`,
    gate.wait,
  ]);
  await capture.until('begun');
  gate.open();
  t.is((await capture.finished).code, 3);
  const { id } = (await onlyBuild('gone')) as { id: string };
  t.is(host.read('gone', `${id}.log`).length, 'begun\n'.length + 588_895);

  await host.createApp('nonblocking');
  const node = `process.stdout.write(''); process.stdout._handle?.setBlocking?.(false);
    require('child_process').spawn('dokku-builds', ['capture', 'nonblocking', '--', 'seq', '100000'], { stdio: 'inherit' })`;
  const { stdout } = await host.run(['bash', '-c', `'${process.execPath}' -e "$0" | (sleep 0.1; cat)`, node]);
  t.is(stdout.length, 588_895);
});

test('stdout that cannot be written is warned of, and changes nothing for the command', async (t) => {
  await host.createApp('full');
  const toFullDevice = 'dokku-builds capture full -- bash -c "echo hello; exit 3" > /dev/full';
  const { code, stderr } = await host.run(['bash', '-c', toFullDevice]);
  t.is(code, 3);
  const { id } = (await onlyBuild('full')) as { id: string };
  t.regex(stderr, /^ ! {5}The output could not be written to stdout \(.*No space left on device\): /);
  t.true(stderr.endsWith(`dokku-builds output full ${id}\n`));
  t.is(host.read('full', `${id}.log`), 'hello\n');
});

test('no pipe of a capture is left in the data directory', async (t) => {
  await host.createApp('tidy');
  t.is((await host.program(['capture', 'tidy', '--', 'true'])).code, 0);
  const { stdout } = await host.run(['find', join(host.paths.builds, 'tidy'), '-type', 'p']);
  t.is(stdout, '');
});
