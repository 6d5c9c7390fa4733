import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { Failure } from '../../../host/failure';
import { ClosedPipe, openOutput, type Output } from '../../../host/terminal/output';
import { temporaryDirectory } from '../../temporaryHost';

interface Capture {
  readonly output: Output;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** Output to two files. */
function capture(t: ExecutionContext, quiet = false): Capture {
  const directory = temporaryDirectory(t);
  const [stdout, stderr] = [join(directory, 'stdout'), join(directory, 'stderr')];
  const streams = { stdout: openSync(stdout, 'w'), stderr: openSync(stderr, 'w') };
  t.teardown(() => {
    closeSync(streams.stdout);
    closeSync(streams.stderr);
  });
  const output = openOutput({ quiet }, streams);
  return { output, stdout: () => readFileSync(stdout, 'utf8'), stderr: () => readFileSync(stderr, 'utf8') };
}

/** Both ends of a pipe; the writing one does not wait. */
function openPipe(t: ExecutionContext): { reader: number; writer: number } {
  const path = join(temporaryDirectory(t), 'pipe');
  spawnSync('mkfifo', [path]);
  const early = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const reader = openSync(path, 'r');
  closeSync(early);
  return { reader, writer };
}

test('everything has the form that Dokku gives it', (t) => {
  const { output, stdout, stderr } = capture(t);
  output.title('myapp builds');
  output.step('Killing app deploy');
  output.verbose('Status: running');
  output.line('App  Build ID');
  output.raw('{}');
  output.raw(new Uint8Array([0x00, 0xff, 0x0a]).subarray(2));
  output.warn('No such thing');
  t.is(
    stdout(),
    '=====> myapp builds\n-----> Killing app deploy\n       Status: running\nApp  Build ID\n{}\n', //
  );
  t.is(stderr(), ' !     No such thing\n');
});

test('quiet drops the titles and nothing else', (t) => {
  const { output, stdout, stderr } = capture(t, true);
  output.title('myapp builds');
  output.viewTitle('myapp builds');
  output.step('step');
  output.line('line');
  output.warn('warning');
  output.flush();
  t.is(stdout(), '-----> step\nline\n');
  t.is(stderr(), ' !     warning\n');
});

test('the title of a view is left out where scripts read', (t) => {
  const { output, stdout } = capture(t);
  output.viewTitle('myapp builds');
  output.line('Build ID');
  output.flush();
  t.false(output.isTerminal);
  t.is(stdout(), 'Build ID\n');
});

test('/dev/null is a character device and no terminal', (t) => {
  const fd = openSync('/dev/null', 'w');
  t.teardown(() => closeSync(fd));
  t.false(openOutput({ quiet: false }, { stdout: fd, stderr: fd }).isTerminal);
});

test('the title of a view is shown on a terminal, unless quiet', (t) => {
  const program = `
    const { openOutput } = require('./host/terminal/output');
    for (const quiet of [false, true]) {
      const output = openOutput({ quiet });
      output.viewTitle('myapp builds');
      output.line(String(output.isTerminal));
      output.flush();
    }`;
  const file = join(temporaryDirectory(t), 'program.js');
  writeFileSync(file, program.replace('./host', join(__dirname, '../../../host')));
  // script(1) runs a command on a terminal of its own
  const command = `'${process.execPath}' -r ts-node/register/transpile-only '${file}'`;
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    encoding: 'utf8',
    cwd: join(__dirname, '../../..'),
    env: { PATH: process.env['PATH'], SHELL: '/bin/sh' }, // script(1) runs it by $SHELL, which may be any
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.deepEqual(stdout.trim().split(/\r*\n/), ['=====> myapp builds', 'true', 'true']);
});

test('stdout is written at once when 64 KiB are there, and what is left by flush', (t) => {
  const { output, stdout } = capture(t);
  output.raw('a'.repeat(60 * 1024));
  t.is(stdout().length, 0);
  output.raw('b'.repeat(4 * 1024));
  t.is(stdout().length, 64 * 1024);
  output.line('end');
  t.is(stdout().length, 64 * 1024);
  output.flush();
  output.flush();
  t.is(stdout().length, 64 * 1024 + 4);
});

test('a buffer that is reused by its owner after the call is not what gets written', (t) => {
  const { output, stdout } = capture(t);
  const chunk = Buffer.from('first');
  output.raw(chunk);
  chunk.fill('x');
  output.flush();
  t.is(stdout(), 'first');
});

test('a warning comes behind what was said before it', (t) => {
  const path = join(temporaryDirectory(t), 'both');
  const fd = openSync(path, 'a');
  t.teardown(() => closeSync(fd));
  const output = openOutput({ quiet: false }, { stdout: fd, stderr: fd });
  output.line('one');
  output.warn('two');
  output.line('three');
  output.flush();
  t.is(readFileSync(path, 'utf8'), 'one\n !     two\nthree\n');
});

test('a warning of several lines keeps them; other control characters are shown, not sent', (t) => {
  const { output, stderr } = capture(t);
  output.warn('first\nsecond \u001b]0;title\u0007 \u009b31m \r é');
  t.is(stderr(), ' !     first\n !     second \\x1b]0;title\\x07 \\x9b31m \\x0d é\n');
});

test('a reader that is slow behind a pipe that does not wait gets every byte', async (t) => {
  const { reader, writer } = openPipe(t);
  const result = join(temporaryDirectory(t), 'result');
  const file = openSync(result, 'w');
  let filled = 0;
  const filler = Buffer.alloc(4096, '.');
  t.throws(
    () => {
      for (;;) filled += writeSync(writer, filler);
    },
    { code: 'EAGAIN' },
  ); // the next byte cannot be written before somebody reads
  const cat = spawn('cat', { stdio: [reader, file, 'inherit'] });
  closeSync(reader);
  closeSync(file);

  const output = openOutput({ quiet: false }, { stdout: writer, stderr: writer });
  const lines = Array.from({ length: 200_000 }, (_, n) => `line ${n}`);
  for (const line of lines) output.line(line);
  output.flush();
  output.warn('warned');
  closeSync(writer);
  await once(cat, 'exit');
  t.is(readFileSync(result, 'utf8'), `${'.'.repeat(filled)}${lines.join('\n')}\n !     warned\n`);
});

test('a closed pipe throws ClosedPipe, once', (t) => {
  const { reader, writer } = openPipe(t);
  t.teardown(() => closeSync(writer));
  closeSync(reader);
  const output = openOutput({ quiet: false }, { stdout: writer, stderr: writer });
  output.line('nobody reads this');
  t.throws(() => output.flush(), { instanceOf: ClosedPipe });
  t.notThrows(() => output.flush());
});

test('a warning reaches stderr even when stdout is closed', (t) => {
  const { reader, writer } = openPipe(t);
  t.teardown(() => closeSync(writer));
  closeSync(reader);
  const path = join(temporaryDirectory(t), 'stderr');
  const stderr = openSync(path, 'w');
  t.teardown(() => closeSync(stderr));
  const output = openOutput({ quiet: false }, { stdout: writer, stderr });
  output.line('nobody reads this');
  t.throws(() => output.warn('somebody reads this'), { instanceOf: ClosedPipe });
  t.is(readFileSync(path, 'utf8'), ' !     somebody reads this\n');
});

test('a closed stderr is not a reason to fail', (t) => {
  const { reader, writer } = openPipe(t);
  t.teardown(() => closeSync(writer));
  closeSync(reader);
  const stdout = openSync(join(temporaryDirectory(t), 'stdout'), 'w');
  t.teardown(() => closeSync(stdout));
  t.notThrows(() => openOutput({ quiet: false }, { stdout, stderr: writer }).warn('nobody reads this'));
});

(existsSync('/dev/full') ? test : test.skip)('a full disk behind stdout is an error, behind stderr it is not', (t) => {
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  const output = openOutput({ quiet: false }, { stdout: full, stderr: full });
  t.notThrows(() => output.warn('lost'));
  output.line('lost');
  t.throws(() => output.flush(), {
    instanceOf: Failure,
    message: 'Cannot write to stdout: no space left on device',
  });
});
