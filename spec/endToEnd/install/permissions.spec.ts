import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { asRoot } from '../../temporaryHost';
import { createSandbox, expectSuccess, type Sandbox, script } from '../../../scripts/sandbox/host';
import { dokkuUser } from './package';

const SECRET = 'the-content-of-a-file-outside';
const OUTSIDER = 'outsider0000001';

/**
 * A host with one app that was deployed once, and a directory outside of the data that holds another app's history.
 */
async function hostWithOutside(t: ExecutionContext): Promise<{ host: Sandbox; build: string; outside: string }> {
  const host = await createSandbox({ user: dokkuUser });
  t.teardown(() => host.remove());
  await host.createApp('shop', { build: script('echo compiled') });
  await host.createApp('vault');
  expectSuccess(await host.program(['capture', 'shop', '--', 'echo', 'compiled']));
  expectSuccess(await host.program(['capture', 'vault', '--', 'echo', SECRET]));
  const outside = join(host.paths.root, 'outside');
  cpSync(join(host.paths.builds, 'vault'), outside, { recursive: true, preserveTimestamps: true });
  expectSuccess(await host.dokku(['apps:destroy', 'vault', '--force']));
  const record = { id: OUTSIDER, app: 'shop', kind: 'build', pid: 1, started_at: '2026-01-01T00:00:00Z' };
  writeFileSync(join(outside, `${OUTSIDER}.json`), JSON.stringify({ ...record, status: 'failed', source: SECRET }));
  writeFileSync(join(outside, `${OUTSIDER}.log`), `${SECRET}\n`);
  writeFileSync(join(outside, 'retention'), '7');
  writeFileSync(join(outside, '.deploy.lock'), `${OUTSIDER}\n`);
  if (dokkuUser !== undefined) await host.run(['chown', '-R', '65534:65534', outside], { user: { uid: 0, gid: 0 } });
  const [build = ''] = readdirSync(join(host.paths.builds, 'shop'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length));
  return { host, build, outside };
}

/** Everything that can be asked of the app `shop`, and all that its deploys trigger. */
function everything(build: string): (readonly [string, ...string[]])[] {
  const commands = [
    ['builds:list', 'shop'],
    ['builds:list', 'shop', '--all'],
    ['builds:list'],
    ['builds:info', 'shop', build],
    ['builds:info', 'shop', OUTSIDER],
    ['builds:output', 'shop', build],
    ['builds:output', 'shop', OUTSIDER],
    ['builds:output', 'shop'],
    ['builds:report', 'shop'],
    ['builds:events', 'shop'],
    ['builds:verify', 'shop'],
    ['builds:capture', 'shop', '--', 'echo', 'captured'],
    ['builds:set', 'shop', 'retention', '1'],
    ['builds:prune', 'shop'],
    ['builds:replay', 'shop'],
    ['builds:cancel', 'shop'],
    ['builds:set', 'shop', 'retention'],
  ];
  const triggers = [
    ['builds-record-start', 'shop', 'planted0000001', String(process.pid), 'ps:rebuild'],
    ['builds-record-finalize', 'shop', 'planted0000001', '0'],
    ['builds-record-start', 'shop', OUTSIDER, String(process.pid), 'ps:rebuild'],
    ['builds-record-discard', 'shop', OUTSIDER],
    ['install'],
    ['post-app-clone-setup', 'shop', 'other'],
    ['post-app-rename-setup', 'shop', 'renamed'],
    ['post-delete', 'shop'],
    ['post-delete', 'renamed'],
  ];
  return [
    ...commands.map((args) => ['dokku', ...args] as const),
    ...triggers.map((args) => ['plugn', 'trigger', ...args] as const),
  ];
}

/** Path, mode, time and content of everything below `directory`. */
function snapshot(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true }) as string[];
  return ['.', ...names.sort()].map((name) => {
    const path = join(directory, name);
    const { mode, mtimeMs, uid } = lstatSync(path);
    const content = lstatSync(path).isFile() ? readFileSync(path, 'latin1') : '';
    return `${name} ${mode.toString(8)} ${mtimeMs} ${uid} ${content}`;
  });
}

type Plant = (host: Sandbox, build: string, outside: string) => readonly [at: string, to: string];

const plants: Readonly<Record<string, Plant>> = {
  "the app's directory": (host, _build, outside) => [join(host.paths.builds, 'shop'), outside],
  'the journal': (host, _build, outside) => [host.file('shop', 'events.journal'), join(outside, 'events.journal')],
  'the checkpoint': (host, _build, outside) => [host.file('shop', 'events.checkpoint'), join(outside, 'retention')],
  'a record': (host, _build, outside) => [host.file('shop', `${OUTSIDER}.json`), join(outside, `${OUTSIDER}.json`)],
  'the record of a build': (host, build, outside) => [
    host.file('shop', `${build}.json`),
    join(outside, `${OUTSIDER}.json`),
  ],
  'the log of a build': (host, build, outside) => [host.file('shop', `${build}.log`), join(outside, `${OUTSIDER}.log`)],
  'a property': (host, _build, outside) => [
    join(host.paths.config, 'builds/shop/retention'),
    join(outside, 'retention'),
  ],
  "the app's properties": (host, _build, outside) => [join(host.paths.config, 'builds/shop'), outside],
  'the deploy lock': (host, _build, outside) => [host.lockPath('shop'), join(outside, '.deploy.lock')],
  "the lock's directory": (host, _build, outside) => [dirname(host.lockPath('shop')), outside],
  'the view of running builds': (host, _build, outside) => [join(host.paths.builds, '.running'), outside],
  "the app's part of that view": (host, _build, outside) => [join(host.paths.builds, '.running/shop'), outside],
  'an entry of that view': (host, _build, outside) => [
    join(host.paths.builds, '.running/shop/planted0000001'),
    join(outside, 'retention'),
  ],
  'the seal of that view': (host, _build, outside) => [
    join(host.paths.builds, '.running/.seal'),
    join(outside, 'retention'),
  ],
};

for (const [what, plant] of Object.entries(plants)) {
  for (const user of dokkuUser === undefined ? [undefined] : [dokkuUser, { uid: 0, gid: 0 }]) {
    const who = user === undefined ? '' : user.uid === 0 ? ', as root' : ', as dokku';
    test(`a link in the place of ${what} leads to nothing that is read or changed outside${who}`, async (t) => {
      const { host, build, outside } = await hostWithOutside(t);
      const [at, to] = plant(host, build, outside);
      rmSync(at, { recursive: true, force: true });
      mkdirSync(dirname(at), { recursive: true });
      symlinkSync(to, at);
      const before = snapshot(outside);
      for (const command of everything(build)) {
        const { code, signal, stdout, stderr } = await host.run(command, user && { user });
        const said = `${command.join(' ')}: ${stdout}${stderr}`;
        t.notRegex(said, new RegExp(SECRET), said);
        t.notRegex(said, /Internal error|\n {4}at /, said);
        t.is(signal, null, said);
        t.true(code !== null && [0, 1, 20].includes(code), said);
        t.deepEqual(snapshot(outside), before, said);
      }
    });
  }
}

asRoot('whatever root ran first belongs to the user of the host, with the modes it always has', async (t) => {
  const host = await createSandbox({ user: { uid: 65534, gid: 65534 } });
  t.teardown(() => host.remove());
  await host.createApp('shop', { build: script('echo compiled') });
  for (const name of ['builds', '../config/builds'])
    rmSync(join(host.paths.data, name), { recursive: true, force: true });
  const root = { user: { uid: 0, gid: 0 } };
  const umask = ['sh', '-c', 'umask 077; exec "$0" "$@"'] as const;
  expectSuccess(await host.run([...umask, 'plugn', 'trigger', 'install'], root));
  expectSuccess(await host.run([...umask, 'dokku', 'builds:set', 'shop', 'retention', '3'], root));
  expectSuccess(await host.run([...umask, 'dokku-builds', 'capture', 'shop', '--', 'true'], root));
  const start = ['builds-record-start', 'shop', 'byroot00000001', String(process.pid), 'ps:rebuild'];
  expectSuccess(await host.run([...umask, 'plugn', 'trigger', ...start], root));
  for (const command of everything('byroot00000001').slice(0, 12)) await host.run([...umask, ...command], root);
  const modes = new Map<string, string>();
  for (const directory of [host.paths.builds, join(host.paths.config, 'builds')]) {
    for (const name of readdirSync(directory, { recursive: true }) as string[]) {
      const { uid, gid, mode } = lstatSync(join(directory, name));
      t.deepEqual({ uid, gid }, { uid: 65534, gid: 65534 }, name);
      modes.set(name.replace(/^.*\./, '.').replace(/^.*\//, ''), (mode & 0o777).toString(8));
    }
  }
  t.like(Object.fromEntries(modes), {
    '.journal': '600',
    '.json': '644',
    retention: '600',
    shop: '755',
  });
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
});

asRoot('install makes and gives away nothing through a link in the place of all data or all properties', async (t) => {
  for (const place of ['builds', '../config/builds']) {
    const { host, outside } = await hostWithOutside(t);
    const link = join(host.paths.data, place);
    rmSync(link, { recursive: true });
    chownSync(outside, 0, 0);
    symlinkSync(outside, link);
    const before = snapshot(outside);
    const { code, stderr } = await host.trigger('install', [], { user: { uid: 0, gid: 0 } });
    t.is(code, 0);
    t.regex(stderr, /A symbolic link leads to .*; what is there is left to its owner/);
    t.deepEqual(snapshot(outside), before);
  }
});

asRoot('install gives back what root owns, and changes nothing that a link or a second name leads to', async (t) => {
  const { host, build, outside } = await hostWithOutside(t);
  const journal = host.file('shop', 'events.journal');
  for (const path of [journal, host.file('shop', `${build}.json`), host.file('shop', `${build}.log`)]) {
    chownSync(path, 0, 0);
    chmodSync(path, path === journal ? 0o666 : 0o600);
  }
  chownSync(join(host.paths.builds, 'shop'), 0, 0);
  chmodSync(join(host.paths.builds, 'shop'), 0o700);
  const foreign = join(outside, 'foreign');
  writeFileSync(foreign, SECRET, { mode: 0o600 });
  mkdirSync(join(host.paths.builds, 'planted'));
  symlinkSync(foreign, join(host.paths.builds, 'planted', 'linked.json'));
  symlinkSync(outside, join(host.paths.builds, 'planted', 'directory'));
  expectSuccess(
    await host.run(['ln', foreign, join(host.paths.builds, 'planted', 'hard.json')], { user: { uid: 0, gid: 0 } }),
  );
  const before = snapshot(outside);

  expectSuccess(await host.trigger('install', [], { user: { uid: 0, gid: 0 } }));
  t.deepEqual(snapshot(outside), before);
  t.like(lstatSync(journal), { uid: 65534, gid: 65534 });
  t.is(lstatSync(journal).mode & 0o777, 0o600 | 0o040); // who may read a group's file stays so
  t.is(lstatSync(host.file('shop', `${build}.json`)).mode & 0o777, 0o644);
  t.is(lstatSync(host.file('shop', `${build}.log`)).mode & 0o777, 0o644);
  t.is(lstatSync(join(host.paths.builds, 'shop')).mode & 0o777, 0o755);
  expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  expectSuccess(await host.dokku(['builds:verify', 'shop']));
});
