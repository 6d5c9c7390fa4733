import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import type { Host } from '../../../host/dokku/environment';
import { Failure } from '../../../host/failure';
import {
  isDeployLockTaken,
  readDeployLock,
  removeDeployLock,
  takeDeployLock,
  writeDeployLock,
} from '../../../host/dokku/locks';
import { parseAppName, parseBuildId } from '../../../host/dokku/names';
import { temporaryDirectory, temporaryHost, writeExecutable } from '../../temporaryHost';
import { cannotMountDisk, smallDisk } from '../durability/smallDisk';
import { unless } from '../durability/unless';

const app = parseAppName('myapp');
const build = parseBuildId('01j8c4xv7bk5w3');

function lockFile(host: Host): string {
  return join(host.libRoot, 'data', 'apps', 'myapp', '.deploy.lock');
}

function leaveLock(host: Host, content: string): void {
  mkdirSync(dirname(lockFile(host)), { recursive: true });
  writeFileSync(lockFile(host), content);
}

/** Whether a deploy of Dokku could take the lock now: what bash does, on descriptor 200. */
function dokkuCanTake(host: Host): boolean {
  return spawnSync('bash', ['-c', 'exec 200>>"$1"; flock -n 200', 'bash', lockFile(host)]).status === 0;
}

/** A deploy as Dokku runs it: holds the lock on descriptor 200 until its stdin ends. */
async function dokkuDeploy(t: ExecutionContext, host: Host) {
  mkdirSync(dirname(lockFile(host)), { recursive: true });
  const script = 'exec 200>"$1"; flock -n 200 || exit 1; echo "$2" >"$1"; echo locked; read -r _';
  const deploy = spawn('bash', ['-c', script, 'bash', lockFile(host), build], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => deploy.kill('SIGKILL'));
  const ended = once(deploy, 'close').then(() => Promise.reject(new Error('the deploy ended without the lock')));
  await Promise.race([once(deploy.stdout, 'data'), ended]);
  return deploy;
}

/** Runs `work` with another place to look for programs. */
function withPath<T>(path: string, work: () => T): T {
  const before = process.env['PATH'];
  process.env['PATH'] = path;
  try {
    return work();
  } finally {
    process.env['PATH'] = before;
  }
}

test('the lock says who deploys', async (t) => {
  const host = temporaryHost(t);
  t.deepEqual(readDeployLock(host, app), { state: 'none' });
  await dokkuDeploy(t, host);
  t.deepEqual(readDeployLock(host, app), { state: 'held', id: build });
});

test('a lock without an id is what apps:lock leaves', (t) => {
  const host = temporaryHost(t);
  for (const content of ['', '\n', '  \n']) {
    leaveLock(host, content);
    t.deepEqual(readDeployLock(host, app), { state: 'empty' });
  }
});

for (const content of [
  '../../other/01j8c4xv7bk5w3',
  'two words',
  'a/b',
  '.',
  '\u001b[31m',
  'b1\nb2',
  'x'.repeat(200),
]) {
  test(`a lock that holds ${JSON.stringify(content.slice(0, 30))} names no build`, (t) => {
    const host = temporaryHost(t);
    leaveLock(host, `${content}\n`);
    const lock = readDeployLock(host, app);
    if (lock.state !== 'unreadable') return t.fail(lock.state);
    t.regex(lock.reason, /\.deploy\.lock holds ".*", which is not a build id$/);
    t.notRegex(lock.reason, /\n|\p{Cc}/u);
  });
}

test('a lock that is a link, a directory, or huge is unreadable, with the reason', (t) => {
  const host = temporaryHost(t);
  const reason = () => {
    const lock = readDeployLock(host, app);
    return lock.state === 'unreadable' ? lock.reason : lock.state;
  };
  const secret = join(host.libRoot, 'secret');
  writeFileSync(secret, build);
  mkdirSync(dirname(lockFile(host)), { recursive: true });
  symlinkSync(secret, lockFile(host));
  t.regex(reason(), /is a symbolic link, which is not followed$/);
  unlinkSync(lockFile(host));
  writeFileSync(lockFile(host), build.padEnd(5000));
  t.regex(reason(), /is larger than 4096 bytes$/);
  unlinkSync(lockFile(host));
  mkdirSync(lockFile(host));
  t.regex(reason(), /is not a regular file$/);
});

test("a file in place of the lock's directory gives a reason, not an exception", (t) => {
  const host = temporaryHost(t);
  mkdirSync(dirname(dirname(lockFile(host))), { recursive: true });
  writeFileSync(dirname(lockFile(host)), '');
  t.deepEqual(readDeployLock(host, app), { state: 'unreadable', reason: `${lockFile(host)}: ENOTDIR` });
});

test('a lock is removed only while it names the build that is meant', (t) => {
  const host = temporaryHost(t);
  t.false(removeDeployLock(host, app, build));
  for (const content of ['', 'another1\n', 'not an id']) {
    leaveLock(host, content);
    t.false(removeDeployLock(host, app, build));
    t.is(readFileSync(lockFile(host), 'utf8'), content);
  }
  leaveLock(host, `${build}\n`);
  t.true(removeDeployLock(host, app, build));
  t.false(existsSync(lockFile(host)));
});

test('a lock that is taken names its build and keeps Dokku out, until it is let go', (t) => {
  const host = temporaryHost(t);
  const fd = takeDeployLock(host, app);
  if (fd === undefined) return t.fail();
  t.is(readFileSync(lockFile(host), 'utf8'), '');
  writeDeployLock(fd, build);
  t.is(readFileSync(lockFile(host), 'utf8'), `${build}\n`);
  t.false(dokkuCanTake(host));
  t.is(takeDeployLock(host, app), undefined);
  t.is(readFileSync(lockFile(host), 'utf8'), `${build}\n`);
  closeSync(fd);
  t.true(dokkuCanTake(host));
});

test('what an earlier deploy left in the lock is overwritten whole', (t) => {
  const host = temporaryHost(t);
  leaveLock(host, 'a-much-longer-id-than-the-new-one\n');
  const fd = takeDeployLock(host, app);
  if (fd === undefined) return t.fail();
  writeDeployLock(fd, build);
  writeDeployLock(fd, parseBuildId('b2'));
  t.is(readFileSync(lockFile(host), 'utf8'), 'b2\n');
  closeSync(fd);
});

test('while Dokku deploys the lock cannot be taken, and its content stays', async (t) => {
  const host = temporaryHost(t);
  const deploy = await dokkuDeploy(t, host);
  t.is(takeDeployLock(host, app), undefined);
  t.deepEqual(readDeployLock(host, app), { state: 'held', id: build });
  deploy.stdin.end();
  await once(deploy, 'exit');
  const fd = takeDeployLock(host, app);
  t.not(fd, undefined);
  if (fd !== undefined) closeSync(fd);
});

test('whether somebody holds the lock can be asked, and asking does not take it', async (t) => {
  const host = temporaryHost(t);
  t.false(isDeployLockTaken(host, app));
  t.false(existsSync(lockFile(host)));
  leaveLock(host, `${build}\n`);
  t.false(isDeployLockTaken(host, app));
  t.true(dokkuCanTake(host));
  const deploy = await dokkuDeploy(t, host);
  t.true(isDeployLockTaken(host, app));
  deploy.stdin.end();
  await once(deploy, 'exit');
  t.false(isDeployLockTaken(host, app));
  t.is(readFileSync(lockFile(host), 'utf8'), `${build}\n`);
});

unless(cannotMountDisk)('a lock of the same inode number on another file system is another lock', async (t) => {
  const hosts = await Promise.all(
    [1, 2].map(async () => ({ ...temporaryHost(t), libRoot: await smallDisk(t, 1024 * 1024) })),
  );
  const [held, free] = hosts as [Host, Host];
  for (const host of hosts) leaveLock(host, `${build}\n`);
  t.is(statSync(lockFile(held)).ino, statSync(lockFile(free)).ino);
  const deploy = await dokkuDeploy(t, held);
  t.true(isDeployLockTaken(held, app));
  t.false(isDeployLockTaken(free, app));
  deploy.stdin.end();
  await once(deploy, 'exit');
});

test('the lock file is readable by all, and is not a link', (t) => {
  const host = temporaryHost(t);
  const umask = process.umask(0o022);
  const fd = takeDeployLock(host, app);
  process.umask(umask);
  if (fd !== undefined) closeSync(fd);
  t.is(statSync(lockFile(host)).mode & 0o7777, 0o644);

  const victim = join(temporaryDirectory(t), 'victim');
  writeFileSync(victim, 'precious');
  unlinkSync(lockFile(host));
  symlinkSync(victim, lockFile(host));
  t.throws(() => takeDeployLock(host, app), { instanceOf: Failure, message: /is a symbolic link/ });
  t.is(readFileSync(victim, 'utf8'), 'precious');
});

test('a lock that is a pipe is refused, and not waited for', (t) => {
  const host = temporaryHost(t);
  mkdirSync(dirname(lockFile(host)), { recursive: true });
  spawnSync('mkfifo', [lockFile(host)]);
  t.throws(() => takeDeployLock(host, app), { instanceOf: Failure, message: /is not a regular file/ });
});

test('a lock file that was removed before it could be locked is made and locked again', (t) => {
  const host = temporaryHost(t);
  const programs = temporaryDirectory(t);
  const removed = join(programs, 'removed');
  const path = process.env['PATH'] ?? '';
  writeExecutable(
    join(programs, 'flock'),
    `if ! [ -e ${removed} ]; then touch ${removed}; rm ${lockFile(host)}; fi; PATH='${path}' exec flock "$@"`,
  );
  const fd = withPath(`${programs}:${path}`, () => takeDeployLock(host, app));
  if (fd === undefined) return t.fail();
  t.true(existsSync(removed));
  t.true(lstatSync(lockFile(host)).isFile());
  t.false(dokkuCanTake(host));
  closeSync(fd);
});

test('a host without flock(1), or where it fails, is told so', (t) => {
  const host = temporaryHost(t);
  const programs = temporaryDirectory(t);
  t.throws(() => withPath(programs, () => takeDeployLock(host, app)), {
    instanceOf: Failure,
    message: /^flock\(1\) is not installed/,
  });
  writeExecutable(join(programs, 'flock'), 'echo "flock: 3: Bad file descriptor" >&2; exit 1');
  t.throws(() => withPath(programs, () => takeDeployLock(host, app)), {
    instanceOf: Failure,
    message: 'flock(1) failed: flock: 3: Bad file descriptor',
  });
});
