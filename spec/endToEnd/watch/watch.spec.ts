import { appendFileSync, rmSync, writeFileSync } from 'node:fs';

import test, { type ExecutionContext } from 'ava';

import { createSandbox, type Running, type Sandbox, script } from '../../../scripts/sandbox/host';
import { GIVEN_BACK, startWatching, type Watching } from './terminal';

let host: Sandbox;
test.before(async () => {
  host = await createSandbox();
  await host.createApp('quiet');
});
test.after.always(() => host.remove());

/** Starts a build of a new app, recorded as Dokku does, whose process lives; its log says `line`. */
async function build(app: string, id: string, line: string): Promise<Running> {
  await host.createApp(app);
  const running = host.process();
  host.write(host.file(app, `${id}.log`), `first\n${line}\n`);
  await host.trigger('builds-record-start', [app, id, String(running.pid), 'git-hook']);
  return running;
}

async function watching(t: ExecutionContext, ...args: string[]): Promise<Watching> {
  const one = await startWatching(host, args);
  t.teardown(() => one.hangUp());
  return one;
}

test('running builds have their last line, and a build that begins or ends appears by itself', async (t) => {
  await build('north', 'n1', 'step 1 of 2');
  const seen = await watching(t);
  await seen.until(/north +\S*▶ running.* n1 +git-hook +step 1 of 2/);
  appendFileSync(host.file('north', 'n1.log'), '\u001b[31m\u001b]0;title\u0007step 2\u001b[0K of 2\r\n\n');
  await seen.until(/north .* step 2 of 2/);
  t.false(seen.output().includes('\u001b[0K'), 'nothing that a log holds reaches the terminal as it is');
  t.false(seen.output().includes('title'));
  await build('south', 's1', 'here I am');
  await seen.until(/south .*here I am/);
  await host.trigger('builds-record-finalize', ['south', 's1', '3']);
  await seen.until(/south .*✗ failed.*ago, exit code 3/);
  seen.type('q');
  t.is(await seen.ended, 0);
  t.true(seen.output().endsWith(GIVEN_BACK + '\u001b[0m'), JSON.stringify(seen.output().slice(-60)));
});

test('enter opens the log of the selected build and follows it, f stops that, q goes back', async (t) => {
  const lines = Array.from({ length: 50 }, (_, index) => `line ${index + 1}.`).join('\n');
  await build('logged', 'l1', lines);
  const seen = await watching(t, 'logged');
  await seen.until('logged: 1 running');
  seen.type('\r');
  await seen.until(/rows 35-51 of 51, following[^]*line 50\./);
  appendFileSync(host.file('logged', 'l1.log'), 'one more\n');
  await seen.until(/of 52, following[^]*one more/);
  seen.type('f\u001b[A');
  await seen.until(/rows 35-51 of 52[^,]/);
  seen.type('g');
  await seen.until(/rows 1-17 of 52[^]*first/);
  seen.type('q');
  await seen.until('logged: 1 running');
  seen.type('q');
  t.is(await seen.ended, 0);
});

test('c asks, and only y cancels: by what builds:cancel does', async (t) => {
  await host.createApp('stoppable');
  const gate = host.gate();
  const deploy = host.startPush('stoppable', { build: script(gate.announced('compiling')) }, 'compiling');
  const { build: id, finished } = await deploy;
  const seen = await watching(t, 'stoppable');
  await seen.until(/stoppable.*▶ running/);
  seen.type('c');
  await seen.until(`Cancel build ${id} of stoppable?`);
  seen.type('n');
  await seen.until('Not canceled');
  t.is(host.record('stoppable', id)['status'], 'running');
  seen.type('cy');
  await seen.until('Killing app deploy');
  await seen.until('⊘ canceled');
  await finished;
  t.like(host.record('stoppable', id), { status: 'canceled', exit_code: -1 });
  t.is(host.lock('stoppable'), undefined);
  seen.type('c');
  await seen.until('is not running (canceled)');
});

test('a build that no longer holds the deploy lock is not canceled, nor is the one that does', async (t) => {
  await build('moved', 'm1', 'working');
  host.write(host.lockPath('moved'), 'another1\n');
  const seen = await watching(t, 'moved');
  await seen.until('▶ running');
  seen.type('cy');
  await seen.until('m1 does not hold the deploy lock of moved; not canceled');
  t.is(host.record('moved', 'm1')['status'], 'running');
});

for (const [name, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
] as const) {
  test(`${name} ends it, and the terminal is given back`, async (t) => {
    const seen = await watching(t, 'quiet');
    await seen.until('Nothing is running');
    process.kill(seen.pid, name);
    t.is(await seen.ended, 128 + number);
    t.true(seen.output().endsWith(GIVEN_BACK + '\u001b[0m'));
  });
}

test('a failure ends it, and is printed on the normal screen', async (t) => {
  const own = await createSandbox();
  t.teardown(() => own.remove());
  const seen = await startWatching(own);
  t.teardown(() => seen.hangUp());
  await seen.until('Nothing is running');
  rmSync(own.paths.dokkuRoot, { recursive: true });
  writeFileSync(own.paths.dokkuRoot, '');
  t.is(await seen.ended, 1);
  t.regex(seen.output().slice(seen.output().lastIndexOf(GIVEN_BACK)), / ! {5}.*not a directory/);
});

test('it ends when its terminal is taken away', async (t) => {
  const seen = await watching(t, 'quiet');
  await seen.until('Nothing is running');
  await seen.hangUp();
  t.pass('it has ended');
});

test('it draws anew when the size of the terminal changes', async (t) => {
  const seen = await watching(t, 'quiet');
  await seen.until('Nothing is running');
  await host.run(['bash', '-c', `stty rows 9 cols 40 < /proc/${seen.pid}/fd/0`]);
  await seen.until(/\[H[^\n]*quiet: 0 running(?: {1,20})\d\d:/);
  const [frame = ''] = seen.output().split('\u001b[?2026h').slice(-1);
  t.true(frame.split('\r\n').length <= 9);
});

test('without a terminal it says that it needs one', async (t) => {
  const { code, stdout, stderr } = await host.dokku(['builds:watch']);
  t.deepEqual([code, stdout], [1, '']);
  t.regex(stderr, /^ ! {5}builds:watch needs a terminal \(over ssh: ssh -t\)/);
  t.is((await host.dokku(['builds:watch', 'nobody'])).code, 20);
});
