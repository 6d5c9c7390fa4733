import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { appBuilds, buildsRoot } from '../../../host/dokku/paths';
import { call, executable } from '../durability/pluginCalls';
import { writeForeign } from '../../projections/records/temporaryApp';
import { createApp, temporaryDirectory, temporaryHost } from '../../temporaryHost';

const ended = { status: 'succeeded', finished_at: '2026-04-30T13:51:00Z', exit_code: 0 };

test('install syncs the file system once, after the last journal and before it says that all is adopted', async (t) => {
  const { host, journals } = stockHost(t);
  const { by, said } = syncThat(t, `echo "$@" && ls ${journals.join(' ')} || exit 1`);
  t.like(await call(host, 'install', [], { by }), { status: 0, stderr: '' });
  t.is(said(), [`--file-system ${buildsRoot(host)}`, ...journals, ''].join('\n'));

  const program = executable('bin/dokku-builds');
  chmodSync(program, statSync(program).mode); // its ctime changes, as when the file gets another name
  t.like(await call(host, 'install', [], { by }), { status: 0, stderr: '' });
  t.is(said().split('\n').length, journals.length + 2, 'nothing to adopt, nothing to sync');
});

test('install fails if the file system cannot be synced, and syncs it the next time', async (t) => {
  const { host } = stockHost(t);
  const refused = await call(host, 'install', [], {
    by: syncThat(t, "echo 'sync: input/output error' >&2; exit 1").by,
  });
  t.is(refused.status, 1);
  t.regex(refused.stderr, /^ ! {5}The file system of .* cannot be synced: sync: input\/output error$/m);

  const { by, said } = syncThat(t, 'echo synced');
  t.like(await call(host, 'install', [], { by }), { status: 0, stderr: '' });
  t.is(said(), 'synced\n');
});

/** A host with two apps that the stock plugin has recorded builds of, and the paths of their journals to be. */
function stockHost(t: ExecutionContext) {
  const host = temporaryHost(t);
  const journals = ['app1', 'app2'].map((name) => {
    const builds = appBuilds(host, createApp(host, name));
    mkdirSync(builds.directory, { recursive: true });
    for (const id of ['b1', 'b2']) writeForeign(builds, id, ended);
    return join(builds.directory, 'events.journal');
  });
  return { host, journals };
}

/** Lets a program find this sync(1), a shell script, and what that has `said` so far. */
function syncThat(t: ExecutionContext, commands: string) {
  const directory = temporaryDirectory(t);
  const [program, log] = [join(directory, 'sync'), join(directory, 'log')];
  writeFileSync(program, `#!/bin/sh\nexec >>'${log}'\n${commands}\n`);
  chmodSync(program, 0o755);
  const by = ['env', `PATH=${directory}:${process.env['PATH'] ?? ''}`];
  return { by, said: () => readFileSync(log, 'utf8') };
}
