import test from 'ava';

import { conclude, prune } from './buildCommands';
import { canceled, deployed, discarded, finished, minuteText, pruned, reaped, started } from './buildEvents';
import { given } from './given';

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

test('pruned builds are named in the order of the journal, whatever the clock said', (t) => {
  const at = (minutes: number) => ({ startedAt: minuteText(minutes), finishedAt: minuteText(minutes) });
  const events = [3, 1, 2].flatMap((n) => [
    started(`b${n}`, { startedAt: at(n).startedAt }),
    finished(`b${n}`, { finishedAt: at(n).finishedAt }),
  ]);
  given(...events)
    .when(prune(1))
    .then(t, [pruned('b3', 'b1')]);
});

test('adopted builds stand where their start belongs', (t) => {
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
