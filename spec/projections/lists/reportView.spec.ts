import test from 'ava';

import type { BuildEvent } from '../../../journal/events';
import { newestBuild } from '../../../journal/history';
import { asShown } from '../../../projections/records/record';
import {
  extraReport,
  globalReport,
  report,
  reportFlags,
  reportJson,
  reportLines,
} from '../../../projections/lists/reportView';
import { finished, minute, started } from '../../journal/buildEvents';
import { historyOf } from '../../journal/given';

const retentions = { own: '5', global: '', computed: 5 };

test('a report tells of the newest build, and of the retention', (t) => {
  t.deepEqual(reportAfter(started('b1'), finished('b1'), started('b2'), finished('b2', { exitCode: 3 })), {
    'build-exit-code': '3',
    'build-finished-at': '2026-04-30T13:51:00Z',
    'build-id': 'b2',
    'build-kind': 'build',
    'build-pid': '4242',
    'build-source': 'git-hook',
    'build-started-at': '2026-04-30T13:50:00Z',
    'build-status': 'failed',
    'builds-computed-retention': '5',
    'builds-global-retention': '',
    'builds-retention': '5',
  });
});

test('fields that a running build cannot have yet are empty', (t) => {
  t.like(reportAfter(started('b1')), { 'build-exit-code': '', 'build-finished-at': '', 'build-status': 'running' });
});

test('an app without builds has empty fields', (t) => {
  const { 'builds-computed-retention': computed, 'builds-retention': own, ...others } = reportAfter();
  t.deepEqual([computed, own], ['5', '5']);
  t.true(Object.values(others).every((value) => value === ''));
});

test('the status is the displayed one', (t) => {
  const newest = newestBuild(historyOf(started('b1')));
  const seen = newest && asShown(newest, minute(9), () => false);
  t.is(report(seen, retentions)['build-status'], 'abandoned');
});

test('the fields come in alphabetical order', (t) => {
  const fields = Object.keys(reportAfter(started('b1')));
  t.deepEqual(fields, fields.toSorted());
  t.deepEqual(fields, [...reportFlags]);
});

test('a line is the flag as words, padded to 31 columns, and the value', (t) => {
  const lines = reportLines(reportAfter(started('b1'), finished('b1')));
  t.is(lines[0], 'Build exit code:               0');
  t.is(lines[8], 'Builds computed retention:     5');
  t.is(lines[9], 'Builds global retention:       ');
});

test('what the stock plugin does not report stands behind what it does, under one name', (t) => {
  const extra = extraReport({ days: 30, logs: undefined }, 4711);
  const json = reportJson({ ...reportAfter(started('b1')), ...extra });
  t.deepEqual(Object.entries(json).slice(-3), [
    ['builds-computed-log-retention', ''],
    ['builds-computed-retention-days', '30'],
    ['builds-log-bytes', '4711'],
  ]);
  t.is(Object.keys(json).length, reportFlags.length + 3 + 3);
  t.deepEqual(reportLines(extra)[2], 'Builds log bytes:              4711');
});

test('JSON has the retentions under both names', (t) => {
  const json = reportJson(reportAfter(started('b1')));
  t.like(json, { retention: '5', 'builds-retention': '5', 'global-retention': '', 'computed-retention': '5' });
  t.is(Object.keys(json).length, reportFlags.length + 3);
  t.deepEqual(reportJson(globalReport('7')), { 'builds-global-retention': '7', 'global-retention': '7' });
});

function reportAfter(...events: BuildEvent[]) {
  const newest = newestBuild(historyOf(...events));
  return report(newest && asShown(newest, minute(9), () => true), retentions);
}
