import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { appBuilds } from '../../../host/dokku/paths';
import { auditJournal } from '../durability/journalAudit';
import { call, command } from '../durability/pluginCalls';
import { writeForeign } from '../../projections/records/temporaryApp';
import { createApp, temporaryHost } from '../../temporaryHost';

const ended = { status: 'succeeded', finished_at: '2026-04-30T13:51:00Z', exit_code: 0 };

test('install names the records that it could not write to a journal, exits with 1, and writes them the next time', async (t) => {
  const host = temporaryHost(t);
  const builds = appBuilds(host, createApp(host, 'shop'));
  mkdirSync(builds.directory, { recursive: true });
  for (const id of ['b1', 'b2']) writeForeign(builds, id, ended);
  const journal = join(builds.directory, 'events.journal');

  const refused = await call(host, 'install', [], { by: ['bash', '-c', 'ulimit -f 0 && exec "$0" "$@"'] });
  t.is(refused.status, 1);
  t.true(
    refused.stderr.includes(
      ` !     The records of shop that another program wrote are not in its journal: Cannot write ${journal}: file too large\n`,
    ),
    refused.stderr,
  );
  t.notRegex(refused.stderr + refused.stdout, /is recorded/);
  t.false(existsSync(journal));

  t.like(await call(host, 'install', []), { status: 0, stderr: '' });
  t.is(auditJournal(journal).events.length, 4);
  t.like(await call(host, 'install', []), { status: 0, stderr: '' });
});

test('install tries again each time to write a record that it could not write', async (t) => {
  const host = temporaryHost(t);
  const builds = appBuilds(host, createApp(host, 'shop'));
  await call(host, 'builds-record-start', ['shop', 'b1', '1', 'git-hook']);
  await call(host, 'builds-record-finalize', ['shop', 'b1', 'succeeded', '0']);
  const record = join(builds.directory, 'b1.json');
  rmSync(record);
  mkdirSync(join(record, 'in the way'), { recursive: true });
  for (const time of ['first', 'second']) {
    const { status, stderr } = await call(host, 'install', []);
    t.is(status, 0); // else no other plugin could be installed
    t.regex(stderr, /^ ! {5}Not all files of shop could be written or removed, .*$/m, time);
  }
  rmSync(record, { recursive: true });
  t.like(await call(host, 'install', []), { status: 0, stderr: '' });
  t.true(existsSync(record));
});

test('install warns of an unreadable journal, and exits with 1 only if the app has records to adopt', async (t) => {
  const host = temporaryHost(t);
  const [blog, shop] = [appBuilds(host, createApp(host, 'blog')), appBuilds(host, createApp(host, 'shop'))];
  for (const { directory } of [blog, shop]) {
    mkdirSync(directory, { recursive: true });
    const journal = join(directory, 'events.journal');
    writeFileSync(journal, '');
    truncateSync(journal, 2 ** 30 + 1);
  }
  const warned = (app: string) => new RegExp(`^ ! {5}${app}: .*events.journal`, 'm');
  const nothingToAdopt = await call(host, 'install', []);
  t.is(nothingToAdopt.status, 0);
  t.regex(nothingToAdopt.stderr, warned('shop'));
  writeForeign(blog, 'b1', ended);
  const notAdopted = await call(host, 'install', []);
  t.is(notAdopted.status, 1);
  t.regex(notAdopted.stderr, warned('blog'));
});

/** Views of the records show such a build. Views of the journal cannot. */
for (const [name, ...args] of [
  ['events', 'shop'],
  ['stats', 'shop'],
  ['metrics'],
  ['releases', 'shop'],
  ['list', 'shop', '--all'],
  ['list', 'shop', '--as-of', '2026-05-01'],
  ['replay', 'shop'],
  ['prune', 'shop'],
] as const)
  test(`${[name, ...args].join(' ')} says which records it could not write to a journal, and why`, async (t) => {
    const host = temporaryHost(t);
    const builds = appBuilds(host, createApp(host, 'shop'));
    await call(host, 'builds-record-start', ['shop', 'b1', '1', 'git-hook']);
    writeForeign(builds, 'b2', ended);
    const { stderr } = await command(host, name, args, { by: ['bash', '-c', 'ulimit -f 0 && exec "$0" "$@"'] });
    t.regex(stderr, /^ ! {5}The records of shop that another program wrote are not in its journal: .*file too large$/m);
    t.notRegex(stderr, /is recorded/);
  });
