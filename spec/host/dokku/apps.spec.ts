import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import { allowedApps, appExists, listApps, requireApp } from '../../../host/dokku/apps';
import { AppDoesNotExist, Failure } from '../../../host/failure';
import { type AppName, parseAppName } from '../../../host/dokku/names';
import { addTrigger, createApp, temporaryDirectory, temporaryHost } from '../../temporaryHost';

const apps = ['api', 'blog', 'shop'].map(parseAppName);
const caller = { SSH_USER: 'deployer', SSH_NAME: 'laptop' };

/** The name of the user who runs this; the id of one that has no entry in /etc/passwd. */
function nameOrId(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.geteuid?.());
  }
}

/** A trigger that allows what stands in `allowed`, of those it was asked for. */
const allowing = (allowed: string) =>
  `shift 2; for app; do case " ${allowed} " in *" $app "*) echo "$app";; esac; done`;

test('an app exists when its root is a directory, or a link to one', (t) => {
  const host = temporaryHost(t);
  createApp(host, 'myapp');
  writeFileSync(join(host.dokkuRoot, 'file'), '');
  symlinkSync(temporaryDirectory(t), join(host.dokkuRoot, 'linked'));
  symlinkSync('nowhere', join(host.dokkuRoot, 'dangling'));
  symlinkSync('circle', join(host.dokkuRoot, 'circle'));
  const existing = ['myapp', 'file', 'linked', 'dangling', 'circle', 'missing'].filter((name) =>
    appExists(host, parseAppName(name)),
  );
  t.deepEqual(existing, ['myapp', 'linked']);
});

test('apps are listed by name; hidden, upper-case and other entries are none', (t) => {
  const host = temporaryHost(t);
  for (const name of ['zebra', 'api', '.ssh', 'ENV', 'VHOST', 'my_app', '-x', '10']) {
    mkdirSync(join(host.dokkuRoot, name));
  }
  writeFileSync(join(host.dokkuRoot, 'dokkurc'), '');
  symlinkSync('api', join(host.dokkuRoot, 'linked'));
  symlinkSync('dokkurc', join(host.dokkuRoot, 'linkedfile'));
  t.deepEqual(listApps(host).map(String), ['10', 'api', 'linked', 'my_app', 'zebra']);
});

test('a host without an app root has no apps', (t) => {
  const host = temporaryHost(t);
  rmSync(host.dokkuRoot, { recursive: true });
  t.deepEqual(listApps(host), []);
});

test('without a plugin that authorizes, all apps are allowed', (t) => {
  const host = temporaryHost(t);
  t.deepEqual(allowedApps(host, apps), apps);
  addTrigger(host, 'apps', 'post-create', 'exit 1');
  addTrigger(host, 'acl', 'user-auth-app', 'exit 1');
  chmodSync(join(host.pluginPath, 'enabled', 'acl', 'user-auth-app'), 0o644);
  t.deepEqual(allowedApps(host, apps), apps);
});

test('the plugin that logs events has the trigger and decides nothing', (t) => {
  const host = temporaryHost(t);
  addTrigger(host, '20_events', 'user-auth-app', 'exit 0');
  t.deepEqual(allowedApps(host, apps), apps);
});

test('only apps that the trigger prints are allowed, in the order asked, and no others', (t) => {
  const host = temporaryHost(t, caller);
  addTrigger(host, 'acl', 'user-auth-app', 'printf "shop other\\n\\tapi"');
  t.deepEqual(allowedApps(host, apps).map(String), ['api', 'shop']);
});

test('the trigger is told the ssh user, the ssh key name and the apps', (t) => {
  const host = temporaryHost(t, caller);
  const said = join(host.libRoot, 'said');
  addTrigger(host, 'acl', 'user-auth-app', `printf '%s\\n' "$@" >${said}`);
  allowedApps(host, apps);
  t.is(readFileSync(said, 'utf8'), 'deployer\nlaptop\napi\nblog\nshop\n');
});

test('without an ssh session the trigger is told the user of the system, and the key default', (t) => {
  const host = temporaryHost(t);
  const said = join(host.libRoot, 'said');
  addTrigger(host, 'acl', 'user-auth-app', `printf '%s\\n' "$@" >${said}`);
  allowedApps(host, apps);
  t.is(readFileSync(said, 'utf8'), `${nameOrId()}\ndefault\napi\nblog\nshop\n`);
});

test('what two plugins authorize is what both allow', (t) => {
  const host = temporaryHost(t, caller);
  addTrigger(host, 'acl', 'user-auth-app', allowing('api blog'));
  addTrigger(host, 'teams', 'user-auth-app', allowing('blog shop'));
  t.deepEqual(allowedApps(host, apps).map(String), ['blog']);
});

test('a trigger that fails allows nothing, whatever it printed', (t) => {
  const host = temporaryHost(t, caller);
  addTrigger(host, 'acl', 'user-auth-app', 'shift 2; echo "$@"; exit 1');
  t.deepEqual(allowedApps(host, apps), []);
});

test('a trigger that does not end allows nothing', (t) => {
  const host = temporaryHost(t, caller);
  addTrigger(host, 'acl', 'user-auth-app', 'shift 2; echo "$@"; exec sleep 3600');
  t.deepEqual(allowedApps(host, apps, 200), []);
});

test('a trigger that cannot be run is an error that names it', (t) => {
  const host = temporaryHost(t, caller);
  addTrigger(host, 'acl', 'user-auth-app', '');
  const path = join(host.pluginPath, 'enabled', 'acl', 'user-auth-app');
  writeFileSync(path, '#!/no/such/interpreter\n');
  t.throws(() => allowedApps(host, apps), { instanceOf: Failure, message: `Could not run ${path}: ENOENT` });
});

test('more apps than a command line holds are asked for in parts', (t) => {
  const host = temporaryHost(t, caller);
  const calls = join(host.libRoot, 'calls');
  addTrigger(host, 'acl', 'user-auth-app', `shift 2; echo $# >>${calls}; printf '%s\\n' "$@"`);
  const many = Array.from({ length: 12_000 }, (_, n) => parseAppName(`a${n}`.padEnd(200, 'x')));
  t.deepEqual(allowedApps(host, many), many);
  const asked = readFileSync(calls, 'utf8').trim().split('\n').map(Number);
  t.is(
    asked.reduce((sum, count) => sum + count, 0),
    many.length,
  );
  t.true(asked.every((count) => count * 201 <= 100_000));
});

test('a name has no way into a shell', (t) => {
  const host = temporaryHost(t, { SSH_USER: '$(touch pwned)', SSH_NAME: '; exit 1' });
  const said = join(host.libRoot, 'said');
  addTrigger(host, 'acl', 'user-auth-app', `printf '%s\\n' "$1" "$2" >${said}`);
  allowedApps(host, apps);
  t.is(readFileSync(said, 'utf8'), '$(touch pwned)\n; exit 1\n');
});

test('an app that is asked for must be named', (t) => {
  const host = temporaryHost(t);
  for (const name of [undefined, '']) {
    t.throws(() => requireApp(host, name), {
      instanceOf: Failure,
      message: 'Please specify an app to run the command on',
    });
  }
});

test('an app that is missing, has an invalid name or is not allowed does not exist, with exit code 20', (t) => {
  const host = temporaryHost(t, caller);
  createApp(host, 'mine');
  createApp(host, 'theirs');
  addTrigger(host, 'acl', 'user-auth-app', allowing('mine missing'));
  const own: AppName = requireApp(host, 'mine');
  t.is(String(own), 'mine');
  for (const name of ['missing', 'theirs', '../mine', '.', '..', '--all', 'mine\n', 'MINE', 'm'.repeat(300)]) {
    const error = t.throws(() => requireApp(host, name), { instanceOf: AppDoesNotExist });
    t.is(error.exitCode, 20);
    t.false(error.message.includes('\n'));
  }
  t.throws(() => requireApp(host, 'theirs'), { message: 'App theirs does not exist' });
});
