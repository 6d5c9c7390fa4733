import { readdirSync } from 'node:fs';

import test from 'ava';

import type { Sandbox } from '../../../scripts/sandbox/host';
import { APP, recordedHost, recordOf } from './recordedHost';
import { assertRefused, assertValid, distinct, type Json, misshapen, without } from './schemas';

let host: Sandbox;
let records: Json[];
test.before(async () => {
  host = await recordedHost();
  const names = readdirSync(host.file(APP, '')).filter((name) => name.endsWith('.json'));
  records = names.map((name) => recordOf(host, name.slice(0, -'.json'.length)));
});
test.after.always(() => host.remove());

const KEYS = ['id', 'app', 'kind', 'pid', 'started_at', 'finished_at', 'status', 'source', 'exit_code'];

test('every record that the program writes is valid, its keys in their order', (t) => {
  t.deepEqual(distinct(records, 'status'), ['canceled', 'failed', 'running', 'succeeded']);
  for (const record of records) {
    assertValid(t, 'record', record);
    t.deepEqual(
      Object.keys(record),
      KEYS.filter((key) => key in record),
    );
  }
});

test('a record that lacks a key, has one more, or one of another form is refused', (t) => {
  for (const record of records) {
    for (const [what, value] of [...without(record, KEYS), ...misshapen(record)])
      assertRefused(t, 'record', value, what);
  }
});

test('a record that contradicts itself is refused', (t) => {
  const ofStatus = (status: string): Json => records.find((record) => record['status'] === status) ?? {};
  const refused: readonly [string, Json][] = [
    ['a running build with an exit code', { ...ofStatus('running'), exit_code: 0 }],
    ['a running build that has finished', { ...ofStatus('running'), finished_at: '2026-04-30T13:50:00Z' }],
    ['a canceled build with an exit code of its own', { ...ofStatus('canceled'), exit_code: 131 }],
    ['an abandoned build', { ...ofStatus('running'), status: 'abandoned' }],
    ['an id that is a path', { ...ofStatus('failed'), id: '../other' }],
    ['what only views have', { ...ofStatus('failed'), display_status: 'failed' }],
  ];
  for (const [what, value] of refused) assertRefused(t, 'record', value, what);
});
