import { existsSync, rmSync, symlinkSync } from 'node:fs';

import test, { type ExecutionContext } from 'ava';

import {
  createSandbox,
  expectSuccess,
  type Result,
  type Running,
  type Sandbox,
  script,
} from '../../../scripts/sandbox/host';
import { unpackPackage } from './package';

const SECRET = 'what-only-their-build-says';

/** Lets the key `ann` have the app `mine`, and every other key all apps. */
const ACL = `#!/bin/sh
key=$2
shift 2
for app; do
  if [ "$key" != ann ] || [ "$app" = mine ]; then echo "$app"; fi
done
`;

interface Shared {
  readonly host: Sandbox;
  /** A finished build of the app `theirs`, and one that runs. */
  readonly finished: string;
  readonly running: string;
  readonly process: Running;
  /** `dokku ARGS` as the user of whom only `mine` is. */
  readonly ann: (...args: string[]) => Promise<Result>;
  readonly admin: (...args: string[]) => Promise<Result>;
}

async function sharedHost(t: ExecutionContext): Promise<Shared> {
  const host = await createSandbox();
  t.teardown(() => host.remove());
  for (const app of ['mine', 'theirs']) {
    await host.createApp(app, { build: script(`echo ${app === 'theirs' ? SECRET : 'compiled'}`) });
    expectSuccess(await host.dokku(['ps:rebuild', app], { env: { SSH_NAME: `${app}-key` } }));
  }
  const [finished = ''] = await idsOf(host, 'theirs');
  const running = 'theirsrunning1';
  const process = host.process();
  expectSuccess(await host.trigger('builds-record-start', ['theirs', running, String(process.pid), 'git-hook']));
  host.write(host.lockPath('theirs'), `${running}\n`);
  host.write(host.file('theirs', `${running}.log`), `${SECRET}\n`);
  host.addPlugin('acl', { 'user-auth-app': ACL });
  const ann = (...args: string[]) => host.dokku(args, { env: { SSH_NAME: 'ann' } });
  const admin = (...args: string[]) => host.dokku(args);
  return { host, finished, running, process, ann, admin };
}

async function idsOf(host: Sandbox, app: string): Promise<string[]> {
  const { stdout } = expectSuccess(await host.dokku(['builds:list', app, '--format', 'json']));
  return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
}

function tellsNothing(t: ExecutionContext, { stdout, stderr }: Result, named = false): void {
  t.notRegex(stdout + stderr, new RegExp(SECRET));
  t.notRegex(stdout + stderr, /theirs-key|theirsrunning1/);
  if (!named) t.notRegex(stdout + stderr, /theirs/);
}

test('an app of others does not exist, whatever is asked of it, and stays as it is', async (t) => {
  const { host, finished, running, process, ann, admin } = await sharedHost(t);
  const before = (await admin('builds:events', 'theirs', '--format', 'json')).stdout;
  for (const args of [
    ['builds:list', 'theirs'],
    ['builds:list', 'theirs', '--all'],
    ['builds:list', 'theirs', '--as-of', '0s'],
    ['builds:info', 'theirs', finished],
    ['builds:output', 'theirs', finished],
    ['builds:output', 'theirs'],
    ['builds:cancel', 'theirs'],
    ['builds:prune', 'theirs'],
    ['builds:report', 'theirs'],
    ['builds:report', 'theirs', '--build-id'],
    ['builds:set', 'theirs', 'retention', '1'],
    ['builds:events', 'theirs'],
    ['builds:events', 'theirs', '--follow'],
    ['builds:replay', 'theirs'],
    ['builds:verify', 'theirs'],
    ['builds:stats', 'theirs'],
    ['builds:page', 'theirs'],
    ['builds:notify', 'theirs'],
    ['builds:watch', 'theirs'],
    ['--app', 'theirs', 'builds:list'],
    ['--app', 'theirs', 'builds:output', finished],
  ]) {
    const result = await ann(...args);
    t.deepEqual(
      [result.code, result.stdout, result.stderr],
      [20, '', ' !     App theirs does not exist\n'],
      args.join(' '),
    );
  }
  const capture = ['capture', 'theirs', '--', 'touch', `${host.paths.tmp}/captured`];
  t.is((await host.program(capture, { env: { SSH_NAME: 'ann' } })).code, 20);
  t.is((await admin('builds:events', 'theirs', '--format', 'json')).stdout, before);
  t.is(host.lock('theirs'), `${running}\n`);
  t.false(existsSync(`${host.paths.tmp}/captured`));
  t.is((await admin('builds:report', 'theirs', '--builds-retention')).stdout, '\n');
  t.notThrows(() => globalThis.process.kill(process.pid, 0));
});

test('where no app is named, only allowed ones exist', async (t) => {
  const { host, running, ann, admin } = await sharedHost(t);
  t.regex((await admin('builds:list')).stdout, new RegExp(running));
  for (const args of [
    ['builds:list'],
    ['builds:list', '--format', 'json'],
    ['builds:list', '--status', 'abandoned'],
    ['builds:report'],
    ['builds:report', '--format', 'json'],
    ['builds:report', '--build-source'],
    ['builds:events'],
    ['builds:events', '--format', 'jsonl'],
    ['builds:events', '--build', running],
    ['builds:stats'],
    ['builds:stats', '--format', 'json'],
    ['builds:page'],
    ['builds:verify'],
    ['builds:verify', '--all-apps', '--format', 'json'],
    ['builds:verify', '--all-apps', '--parallel', '2'],
    ['builds:replay'],
    ['builds:replay', '--all-apps', '--dry-run'],
    ['builds:prune', '--all-apps'],
    ['builds:prune', '--all-apps', '--parallel', '-1'],
  ]) {
    const result = expectSuccess(await ann(...args));
    tellsNothing(t, result);
  }
  expectSuccess(await admin('ps:rebuild', 'theirs'));
  expectSuccess(await admin('builds:set', '--global', 'retention', '1')); // so that there is something to prune
  const before = await idsOf(host, 'theirs');
  expectSuccess(await ann('builds:prune', '--all-apps'));
  t.deepEqual(await idsOf(host, 'theirs'), before);
});

test('a build of another app is not found by its id, a path to it, or a lock that names it', async (t) => {
  const { host, finished, running, process, ann } = await sharedHost(t);
  for (const id of [finished, running]) {
    for (const command of ['builds:info', 'builds:output']) {
      const result = await ann(command, 'mine', id);
      t.is(result.code, 1, `${command} ${id}`);
      t.notRegex(result.stdout + result.stderr, new RegExp(SECRET));
    }
    for (const path of [`../theirs/${id}`, `..%2ftheirs%2f${id}`, `${host.paths.builds}/theirs/${id}`]) {
      for (const command of ['builds:info', 'builds:output']) {
        const result = await ann(command, 'mine', path);
        t.is(result.code, 1);
        t.regex(result.stderr, /^ ! {5}Invalid build id/);
      }
    }
  }
  host.write(host.lockPath('mine'), `${running}\n`);
  const output = await ann('builds:output', 'mine');
  t.is(output.code, 1);
  t.notRegex(output.stdout + output.stderr, new RegExp(SECRET));
  await ann('builds:cancel', 'mine');
  t.notThrows(() => globalThis.process.kill(process.pid, 0));
  t.is(host.record('theirs', running)['status'], 'running');
});

test('the commands that journal alongside the stock plugin ask as well', async (t) => {
  const { host, finished, ann } = await sharedHost(t);
  const program = unpackPackage(host);
  host.enable('stock');
  expectSuccess(await host.run([program, 'host:install', '--alongside']));
  for (const command of ['list', 'report', 'events', 'replay', 'verify']) {
    const result = await ann(`builds-journal:${command}`, 'theirs');
    t.deepEqual([result.code, result.stdout, result.stderr], [20, '', ' !     App theirs does not exist\n'], command);
    tellsNothing(t, expectSuccess(await ann(`builds-journal:${command}`)));
  }
  for (const command of ['info', 'output']) t.is((await ann(`builds-journal:${command}`, 'theirs', finished)).code, 20);
});

test('what is wrong with an app is told to those who may see it, and hides no other app', async (t) => {
  const { host, ann, admin } = await sharedHost(t);
  const busy = host.process();
  expectSuccess(await host.trigger('builds-record-start', ['mine', 'minerunning001', String(busy.pid), 'git-hook']));
  rmSync(host.file('theirs', 'events.journal'));
  symlinkSync('/etc/hostname', host.file('theirs', 'events.journal'));
  for (const args of [
    ['builds:list'],
    ['builds:list', '--status', 'abandoned'],
    ['builds:report'],
    ['builds:events'],
    ['builds:stats'],
  ]) {
    rmSync(`${host.paths.builds}/.running/.seal`, { force: true });
    const result = await ann(...args);
    tellsNothing(t, result);
    t.is(result.code, 0, args.join(' '));
    const told = await admin(...args);
    t.regex(told.stderr, /theirs/, args.join(' '));
    t.notRegex(told.stderr, /Internal error/);
    if (!args.includes('abandoned')) t.regex(told.stdout, /mine/, args.join(' '));
  }
});

test('if the access control does not answer, nothing is allowed', async (t) => {
  const { host, admin } = await sharedHost(t);
  host.addPlugin('acl', { 'user-auth-app': '#!/bin/sh\nfor app; do echo "$app"; done\nexit 1\n' });
  t.is((await admin('builds:list', 'mine')).code, 20);
  t.is((await admin('builds:list')).stdout, 'No builds currently running\n');
});
