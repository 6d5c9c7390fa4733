import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import type { AppBuilds } from '../../../host/dokku/paths';
import { adoptRecords } from '../../../projections/records/adoptRecords';
import { verifyApp } from '../../../projections/verification/verifyApp';
import { cancel, finish, start } from '../../journal/buildCommands';
import { started } from '../../journal/buildEvents';
import { append, handle, refuseWarning, temporaryApp, testMachine, writeForeign } from '../records/temporaryApp';

type Fields = Record<string, unknown>;

/** What others make of a record's text without changing what it says. */
const forms: Record<string, (text: string) => string> = {
  'without its last line break': (text) => text.trimEnd(),
  'with a byte order mark': (text) => `\ufeff${text}`,
  'on one line': (text) => JSON.stringify(JSON.parse(text)),
  'with carriage returns': (text) => text.replaceAll('\n', '\r\n'),
  'with its fields in another order': (text) =>
    JSON.stringify(Object.fromEntries(Object.entries(fieldsOf(text)).reverse())),
  'with more fields': (text) => JSON.stringify({ ...fieldsOf(text), mood: 'good' }),
  'with its times in another zone': (text) => {
    const inZone = (time: unknown): string => String(time).replace('T13:', 'T15:').replace('Z', '+02:00');
    const { started_at, finished_at, ...others } = fieldsOf(text);
    const times = {
      started_at: inZone(started_at),
      ...(finished_at !== undefined && { finished_at: inZone(finished_at) }),
    };
    return JSON.stringify({ ...others, ...times });
  },
  'with letters as escapes': (text) => text.replace('git-hook', '\\u0067it-hook'),
};

for (const [what, form] of Object.entries(forms)) {
  test(`a record ${what} says what the journal says`, (t) => {
    const builds = recorded(t);
    for (const id of ['b1', 'b2', 'b3']) rewriteRecord(builds, id, form);
    t.deepEqual(verifyApp(builds, testMachine).deviations, []);
  });
}

for (const [field, value] of [
  ['app', 'other'],
  ['app', undefined],
  ['id', 'b9'],
  ['kind', 'deploy'],
  ['pid', 7],
  ['started_at', '2026-04-30T13:50:01Z'],
  ['started_at', 'yesterday'],
  ['finished_at', '2026-04-30T13:59:00Z'],
  ['status', 'running'],
  ['status', 'lost'],
  ['source', 'deploy'],
  ['exit_code', 1],
] as const) {
  test(`a record with the ${field} ${String(value)} was changed`, (t) => {
    const builds = recorded(t);
    rewriteRecord(builds, 'b1', (text) => JSON.stringify({ ...fieldsOf(text), [field]: value }));
    const { deviations } = verifyApp(builds, testMachine);
    t.like(deviations, [{ kind: 'record', mayPass: true }]);
    t.regex(deviations[0]?.meaning ?? '', /b1\.json does not agree with the journal: it was changed/);
  });
}

test('a record that is not JSON, or is empty, was changed', (t) => {
  for (const text of ['', '\n', '{', '[]', 'null', '\ufeff']) {
    const builds = recorded(t);
    rewriteRecord(builds, 'b1', () => text);
    t.is(verifyApp(builds, testMachine).deviations.length, 1, text);
  }
});

test('a name that was cut in the middle of a surrogate pair is not a deviation in the journal, a record or the checkpoint', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1', { actor: { key: `${'x'.repeat(199)}\ud83d`, user: '\ude00' } }));
  append(builds, started('b2', { source: 'cut\ud83d', adopted: true }));
  writeForeign(builds, 'b3', { status: 'running', source: 'cut\ud83d' });
  adoptRecords(builds, testMachine, refuseWarning);
  handle(builds, start('b4'));
  t.deepEqual(verifyApp(builds, testMachine).deviations, []);
});

test('a foreign record with another app name, or with none, is not a deviation once it is adopted', (t) => {
  const builds = temporaryApp(t);
  const end = { status: 'succeeded', finished_at: '2026-04-30T13:51:00Z', exit_code: 0 };
  for (const [id, app] of [
    ['b1', 'name-before-a-rename'],
    ['b2', undefined],
  ] as const) {
    writeForeign(builds, id, end);
    rewriteRecord(builds, id, (text) => JSON.stringify({ ...fieldsOf(text), app }));
  }
  adoptRecords(builds, testMachine, refuseWarning);
  t.deepEqual(verifyApp(builds, testMachine).deviations, []);
});

function recorded(t: ExecutionContext): AppBuilds {
  const builds = temporaryApp(t);
  handle(builds, start('b1'), finish('b1'), start('b2'), cancel('b2'), start('b3'));
  t.deepEqual(verifyApp(builds, testMachine).deviations, []);
  return builds;
}

function rewriteRecord({ directory }: AppBuilds, id: string, edit: (text: string) => string): void {
  const path = join(directory, `${id}.json`);
  writeFileSync(path, edit(readFileSync(path, 'utf8')));
}

function fieldsOf(text: string): Fields {
  return JSON.parse(text) as Fields;
}
