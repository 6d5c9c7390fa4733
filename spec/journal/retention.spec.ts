import test from 'ava';

import { noteRemoved, prune } from './buildCommands';
import { canceled, finished, minuteText, pruned, reaped, started } from './buildEvents';
import { given } from './given';

test('nothing leaves as long as no more builds have ended than are kept', (t) => {
  given().when(prune(1)).then(t, []);
  given(started('b1'), finished('b1'), started('b2'), finished('b2')).when(prune(2)).then(t, []);
});

test('the oldest builds that have ended leave', (t) => {
  const events = ['b1', 'b2', 'b3', 'b4'].flatMap((id) => [started(id), finished(id)]);
  given(...events)
    .when(prune(2))
    .then(t, [pruned('b1', 'b2')]);
});

test('running builds neither leave nor count', (t) => {
  given(started('b1'), started('b2'), finished('b2'), started('b3'), finished('b3'), started('b4'))
    .when(prune(1))
    .then(t, [pruned('b2')]);
});

test('builds that were found dead leave before older ones that ended by themselves', (t) => {
  given(started('b1'), finished('b1', { exitCode: 1 }), started('b2'), reaped('b2'), started('b3'), reaped('b3'))
    .when(prune(2))
    .then(t, [pruned('b2')]);
});

test('the last success stays when failures and cancels fill the retention', (t) => {
  given(
    ...[started('b1'), finished('b1'), started('b2'), finished('b2')],
    ...[started('b3'), finished('b3', { exitCode: 1 }), started('b4'), canceled('b4')],
  )
    .when(prune(2))
    .then(t, [pruned('b1', 'b3')]);
});

test('polls that were found dead do not drive out the last real deploy', (t) => {
  const polls = Array.from({ length: 30 }, (_, n) => `poll${n}`);
  given(started('b1'), finished('b1'), ...polls.flatMap((id) => [started(id), reaped(id)]))
    .when(prune(20))
    .then(t, [pruned(...polls.slice(0, 11))]);
});

test('a failure that the deploy itself reported with exit code -1 does not count as found dead', (t) => {
  given(started('b1'), finished('b1', { exitCode: -1, cause: 'exit' }), started('b2'), reaped('b2'), started('b3'))
    .when(prune(1))
    .then(t, [pruned('b2')]);
});

test('what leaves is named in the order of the journal, whatever the clock said', (t) => {
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

test('what something else has removed has left, unless it runs or has left already', (t) => {
  given(started('b1'), finished('b1'), started('b2'), started('b3'), canceled('b3'), started('b4'), finished('b4'))
    .when(noteRemoved('b1', 'b2', 'b3', 'b5'))
    .then(t, [pruned('b1', 'b3')]);
  given(started('b1')).when(noteRemoved()).then(t, []);
});
