import test from 'ava';

import { conclude, prune } from './buildCommands';
import {
  canceled,
  deployed,
  discarded,
  finished,
  logsPruned,
  minute,
  minuteText,
  pruned,
  reaped,
  started,
} from './buildEvents';
import type { BuildId } from '../../host/dokku/names';
import { buildsOf } from '../../journal/history';
import { given, historyOf } from './given';

test('nothing is pruned as long as no more builds have ended than are kept', (t) => {
  given().when(prune(1)).then(t, []);
  given(started('b1'), finished('b1'), started('b2'), finished('b2')).when(prune(2)).then(t, []);
});

test('the oldest builds that have ended are pruned', (t) => {
  const events = ['b1', 'b2', 'b3', 'b4'].flatMap((id) => [started(id), finished(id)]);
  given(...events)
    .when(prune(2))
    .then(t, [pruned('b1', 'b2')]);
});

test('running builds are neither pruned nor counted', (t) => {
  given(started('b1'), started('b2'), finished('b2'), started('b3'), finished('b3'), started('b4'))
    .when(prune(1))
    .then(t, [pruned('b2')]);
});

test('a build that failed without a report counts like any other failed one', (t) => {
  const failures = [finished('b1', { exitCode: 1 }), reaped('b2'), finished('b3', { exitCode: -1 }), reaped('b4')];
  given(...failures.flatMap((end) => [started(end.build), end]))
    .when(prune(2))
    .then(t, [pruned('b1', 'b2')]);
});

test('the most recent success is pruned last, however many failures and cancels come after it', (t) => {
  given(
    ...[started('b1'), finished('b1'), started('b2'), finished('b2')],
    ...[started('b3'), finished('b3', { exitCode: 1 }), started('b4'), canceled('b4'), started('b5'), reaped('b5')],
  )
    .when(prune(2))
    .then(t, [pruned('b1', 'b3', 'b4')]);
  given(started('b1'), finished('b1'), started('b2'), reaped('b2'))
    .when(prune(1))
    .then(t, [pruned('b2')]);
});

test('a success that was inferred is a success', (t) => {
  given(started('b1'), finished('b1'), started('b2'), deployed('b2'), started('b3'), reaped('b3'))
    .when(prune(1))
    .then(t, [pruned('b1', 'b3')]);
});

test('an end that a report has corrected counts as the report says', (t) => {
  const [b1, b2] = [
    [started('b1'), reaped('b1'), finished('b1')],
    [started('b2'), deployed('b2'), finished('b2', { exitCode: 1 })],
  ];
  given(...b1, ...b2)
    .when(prune(1))
    .then(t, [pruned('b2')]);
});

test('syncs that found nothing to build take no place, so a day of polls keeps the builds of before', (t) => {
  const polls = Array.from({ length: 288 }, (_, n) => `poll${n}`);
  const builds = Array.from({ length: 20 }, (_, n) => `b${n}`);
  const day = [
    ...builds.flatMap((id) => [started(id), finished(id, { exitCode: 1 })]),
    ...polls.map((id) => started(id, { source: 'git:sync' })),
  ];
  const concluded = polls.map((id) => discarded(id));
  given(...day)
    .when(conclude(Object.fromEntries(polls.map((id) => [id, {}]))))
    .then(t, concluded);
  given(...day, ...concluded)
    .when(prune(20))
    .then(t, []);
});

test('pruned builds are listed in the order of the journal, whatever the clock said', (t) => {
  const at = (minutes: number) => ({ startedAt: minuteText(minutes), finishedAt: minuteText(minutes) });
  const events = [3, 1, 2].flatMap((n) => [
    started(`b${n}`, { startedAt: at(n).startedAt }),
    finished(`b${n}`, { finishedAt: at(n).finishedAt }),
  ]);
  given(...events)
    .when(prune(1))
    .then(t, [pruned('b3', 'b1')]);
});

test('adopted builds are ordered by their start', (t) => {
  given(
    ...[started('b1', { startedAt: minuteText(10) }), finished('b1')],
    ...[started('old', { adopted: true, startedAt: minuteText(5) }), finished('old', { adopted: true })],
  )
    .when(prune(1))
    .then(t, [pruned('old')]);
});

test('one event names no more builds than a frame can hold', (t) => {
  const ids = Array.from({ length: 600 }, (_, n) => `b${n}`);
  given(...ids.flatMap((id) => [started(id), finished(id)]))
    .when(prune(1))
    .then(t, [pruned(...ids.slice(0, 256)), pruned(...ids.slice(256, 512)), pruned(...ids.slice(512, 599))]);
});

const DAY = 24 * 60;

/** Builds that ended on these days. */
function onDays(ends: Readonly<Record<string, number>>, exitCode = 1) {
  return Object.entries(ends).flatMap(([id, day]) => [
    started(id, { startedAt: minuteText(day * DAY) }),
    finished(id, { exitCode, finishedAt: minuteText(day * DAY + 1) }),
  ]);
}

test('builds that ended more days ago than are kept are pruned, however few there are', (t) => {
  const history = given(...onDays({ b1: 0, b2: 1, b3: 9 }));
  const at = (day: number) => minute(day * DAY + 1);
  history.when(prune({ builds: 20, days: 8 }, at(8))).then(t, []);
  history.when(prune({ builds: 20, days: 8 }, at(8) + 1)).then(t, [pruned('b1')]);
  history.when(prune({ builds: 20, days: 1 }, at(1000))).then(t, [pruned('b1', 'b2', 'b3')]);
});

test('number and days both apply, and the most recent success stays, however old it is', (t) => {
  given(...onDays({ s1: 0, s2: 1 }, 0), ...onDays({ f1: 2, f2: 50, f3: 51, f4: 52 }))
    .when(prune({ builds: 3, days: 10 }, minute(53 * DAY)))
    .then(t, [pruned('s1', 'f1', 'f2')]);
});

test('a build that runs for longer than the days is not pruned', (t) => {
  given(started('b1'))
    .when(prune({ builds: 1, days: 1 }, minute(9 * DAY)))
    .then(t, []);
});

test('the newest builds that have ended keep their logs, the others only their records', (t) => {
  const history = [...onDays({ b1: 0, b2: 1, b3: 2 }), started('b4')];
  given(...history)
    .when(prune({ builds: 20, logs: 2 }))
    .then(t, [logsPruned('b1')]);
  given(...history)
    .when(prune({ builds: 2, logs: 1 }))
    .then(t, [{ ...pruned('b1'), ...{ logs: logsPruned('b2').logs ?? [] } }]);
});

test('a log is pruned once, and its build stays on record', (t) => {
  const events = [...onDays({ b1: 0, b2: 1 }), logsPruned('b1')];
  given(...events)
    .when(prune({ builds: 20, logs: 1 }))
    .then(t, []);
  given(...events)
    .when(prune({ builds: 1, logs: 1 }))
    .then(t, [pruned('b1')]);
  t.deepEqual(
    buildsOf(historyOf(...events)).map(({ id, logPruned }) => [id, logPruned]),
    [
      ['b1', true],
      ['b2', undefined],
    ],
  );
});

test('a pruned log stays pruned if a report corrects the end, and a running build keeps its log', (t) => {
  const corrected = historyOf(started('b1'), reaped('b1'), logsPruned('b1'), finished('b1'));
  t.like(corrected.builds['b1' as BuildId], { status: 'succeeded', logPruned: true });
  t.is(historyOf(started('b1'), logsPruned('b1')).builds['b1' as BuildId]?.logPruned, undefined);
});
