import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { appBuilds } from '../../../host/dokku/paths';
import { auditJournal } from '../durability/journalAudit';
import { call, command } from '../durability/pluginCalls';
import { writeForeign } from '../../projections/records/temporaryApp';
import { createApp, temporaryHost } from '../../temporaryHost';

const ended = { status: 'succeeded', finished_at: '2026-04-30T13:51:00Z', exit_code: 0 };

test('install says which records it could not write to a journal, and why, exits with 1, and does it the next time', async (t) => {
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
