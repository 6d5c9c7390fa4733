import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { nkeys } from '@nats-io/transport-node';
import test, { type ExecutionContext } from 'ava';

import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { temporaryDirectory } from '../../temporaryHost';

let host: Sandbox;
test.before(async () => {
  host = await createSandbox();
  await host.createApp('shop');
});
test.after.always(() => host.remove());

interface Waiting {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when stderr says what is awaited. */
  readonly hint: Promise<string>;
  readonly ended: Promise<number | null>;
}

/** Runs the program with a stdin that stays open and empty, as `ssh host command` has it. */
function startWaiting(t: ExecutionContext, args: readonly string[]): Waiting {
  const program = join(host.paths.plugins, 'enabled/builds/bin/dokku-builds');
  const child = spawn(program, args, { env: { ...host.env, HOME: temporaryDirectory(t) } });
  t.teardown(() => child.kill('SIGKILL'));
  let stderr = '';
  const hint = new Promise<string>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (stderr.includes('\n')) resolve(stderr);
    });
  });
  const ended = new Promise<number | null>((resolve) => void child.on('close', resolve));
  return { child, hint, ended };
}

test('fleet:join says that it waits for a seed on an open stdin, and goes on with the line that comes', async (t) => {
  const { child, hint, ended } = startWaiting(t, ['fleet:join', 'nats://127.0.0.1:1', '--as', 'reader']);
  t.regex(
    await hint,
    /^ ! {5}Waiting for the seed of a key on stdin \(Ctrl-D ends it; with <\/dev\/null there is none\)$/m,
  );
  const user = nkeys.createUser();
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stdin.write(`${Buffer.from(user.getSeed()).toString()}\n`);
  t.is(await ended, 0, 'although stdin was not closed');
  t.true(stdout.includes(user.getPublicKey()));
});

test('set says that it waits for a secret on an open stdin', async (t) => {
  const { child, hint, ended } = startWaiting(t, ['set', 'shop', 'notify-secret', '-']);
  t.regex(await hint, /Waiting for notify-secret on stdin/);
  child.stdin.end('a secret of some length\n');
  t.is(await ended, 0);
  t.is(readFileSync(join(host.paths.config, 'builds/shop/notify-secret'), 'utf8'), 'a secret of some length');
});
