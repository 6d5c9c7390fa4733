import test from 'ava';

import { parseBuildId } from '../../host/dokku/names';
import type { BuildEvent } from '../../journal/events';
import {
  type Build,
  DEPARTED_KEPT,
  findBuild,
  type History,
  isCertainlyNew,
  NEWEST_KEPT,
  newestBuild,
} from '../../journal/history';
import { apply, draftHistory, emptyHistory } from '../../journal/applyEvent';
import { evolve } from '../../journal/evolve';
import { canceled, discarded, finished, minuteText, pruned, reaped, started } from './buildEvents';
import { deepFreeze } from './deepFreeze';

const running: Build = {
  id: parseBuildId('b1'),
  kind: 'build',
  source: 'git-hook',
  process: { pid: 4242 },
  startedAt: minuteText(0),
  actor: {},
  adopted: false,
  status: 'running',
};

test('a start is a running build', (t) => {
  const process = { pid: 17, startTicks: 99, bootId: 'b007' };
  const actor = { user: 'dokku', key: 'alice' };
  t.deepEqual(after(started('b1')).builds, [running]);
  t.deepEqual(after(started('b1', { process, actor, revision: 'abc', kind: 'deploy', source: 'ps:restart' })).builds, [
    { ...running, process, actor, revision: 'abc', kind: 'deploy', source: 'ps:restart' },
  ]);
});

test('a finish ends it, with status, exit code, cause and time', (t) => {
  const ended = { finishedAt: minuteText(1), cause: 'exit' } as const;
  t.deepEqual(after(started('b1'), finished('b1')).builds, [
    { ...running, ...ended, status: 'succeeded', exitCode: 0 },
  ]);
  t.deepEqual(after(started('b1'), finished('b1', { exitCode: 2 })).builds, [
    { ...running, ...ended, status: 'failed', exitCode: 2 },
  ]);
  t.deepEqual(after(started('b1'), reaped('b1')).builds, [
    { ...running, ...ended, cause: 'abandoned', status: 'failed', exitCode: -1 },
  ]);
});

test('a cancel ends it with exit code -1 and who did it', (t) => {
  const canceledBy = { user: 'dokku', key: 'bob' };
  const end = { status: 'canceled', exitCode: -1, finishedAt: minuteText(1) } as const;
  t.deepEqual(after(started('b1'), canceled('b1', { actor: canceledBy })).builds, [
    { ...running, ...end, canceledBy, signal: 'SIGQUIT' },
  ]);
  const { signal: _signal, ...unsignaled } = canceled('b1');
  t.deepEqual(after(started('b1'), unsignaled).builds, [{ ...running, ...end, canceledBy: {} }]);
});

test('what has ended does not end again, nor start again', (t) => {
  const once = after(started('b1'), canceled('b1'));
  t.deepEqual(after(started('b1'), canceled('b1'), finished('b1')), once);
  t.deepEqual(after(started('b1'), canceled('b1'), started('b1', { source: 'ps:restart' })), once);
  t.deepEqual(after(started('b1'), canceled('b1'), canceled('b1', { actor: { user: 'late' } })), once);
});

test('the end of a build that is not on record changes nothing', (t) => {
  t.deepEqual(after(finished('b1'), canceled('b2'), reaped('b3')), emptyHistory);
});

test('what was pruned or discarded is gone, and remembered as departed', (t) => {
  const { builds, departed } = after(started('b1'), started('b2'), finished('b1'), pruned('b1'), discarded('b2'));
  t.deepEqual(builds, []);
  t.deepEqual(departed, ['b1', 'b2'] as never);
});

test('of those that left the last ones are remembered, so that a history does not grow for ever', (t) => {
  const ids = Array.from({ length: DEPARTED_KEPT + 10 }, (_, n) => `b${n}`);
  const { departed } = after(...ids.flatMap((id) => [started(id), discarded(id)]));
  t.deepEqual(departed, ids.slice(-DEPARTED_KEPT) as never);
  t.is(after(...ids.map((id) => started(id)), pruned(...ids)).departed.length, DEPARTED_KEPT);
});

test('builds stand in the order of the journal, whatever the clock said', (t) => {
  const { builds } = after(
    started('b1', { startedAt: minuteText(10) }),
    started('b2', { startedAt: minuteText(-10) }),
    started('b3', { startedAt: minuteText(5) }),
  );
  t.deepEqual(idsOf(builds), ['b1', 'b2', 'b3']);
});

test('an adopted build goes before those that started after it', (t) => {
  const history = after(
    started('b1', { startedAt: minuteText(10) }),
    started('b2', { startedAt: minuteText(20) }),
    started('old', { startedAt: minuteText(5), adopted: true }),
    started('between', { startedAt: minuteText(15), adopted: true }),
    started('new', { startedAt: minuteText(25), adopted: true }),
  );
  t.deepEqual(idsOf(history.builds), ['old', 'b1', 'between', 'b2', 'new']);
  t.true(findBuild(history, parseBuildId('old'))?.adopted);
  t.is(newestBuild(history)?.id, parseBuildId('new'));
});

test('the newest ids are of those that sort by their time, in that order, once each, and stay when the builds leave', (t) => {
  const [older, newer] = ['01j8c4xv7bk5w3', '01j8c4xw000000'].map(parseBuildId);
  const ids = [older, newer];
  t.deepEqual(after(started('zzz'), started(newer ?? ''), started(older ?? '')).newestIds, ids);
  t.deepEqual(after(started(newer ?? ''), finished(newer ?? ''), pruned(newer ?? ''), started(newer ?? '')).newestIds, [
    newer,
  ]);
  t.deepEqual(after(started('pid-4242')).newestIds, []);
});

test('an id is known to be new when it sorts above the newest ids that are kept, and is none of them', (t) => {
  const ids = Array.from({ length: NEWEST_KEPT + 5 }, (_, n) => parseBuildId(`01j8c4xw0000${10 + n}`));
  const inDisorder = ids.toSorted((a, b) => (a.slice(-1) + a < b.slice(-1) + b ? -1 : 1));
  const history = after(...inDisorder.map((id) => started(id)));
  t.deepEqual(history.newestIds, ids.slice(5));
  for (const id of ids) t.false(isCertainlyNew(history, id), id);
  t.true(isCertainlyNew(history, parseBuildId('01j8c4xw00003z')));
  t.true(isCertainlyNew(history, parseBuildId('01j8c4xw0000zz')));
  t.false(isCertainlyNew(history, parseBuildId('01j8c4xw000000')));
  t.false(isCertainlyNew(history, parseBuildId('pid-4242')));
  t.true(isCertainlyNew(after(...ids.slice(0, 3).map((id) => started(id))), parseBuildId('01j8c4xv000000')));
});

test('no history is changed by what happens after it', (t) => {
  const events = [
    started('b1'),
    started('b2'),
    finished('b1'),
    pruned('b1'),
    canceled('b2'),
    started('b3', { adopted: true }),
  ];
  let history: History = deepFreeze(emptyHistory);
  for (const event of events) {
    const before = JSON.stringify(history);
    const next = evolve(history, deepFreeze(event));
    t.is(JSON.stringify(history), before);
    t.not(next, history);
    history = deepFreeze(next);
  }
});

test('what does not apply gives back the very same history', (t) => {
  const history = after(started('b1'), finished('b1'));
  t.is(evolve(history, canceled('b1')), history);
  t.is(evolve(history, started('b1')), history);
});

test('a draft is a copy, and takes events as a history does', (t) => {
  const history = deepFreeze(after(started('b1')));
  const draft = draftHistory(history);
  apply(draft, finished('b1'));
  t.deepEqual(draft, evolve(history, finished('b1')) as typeof draft);
  t.is(history.builds[0]?.status, 'running');
});

test('an event that nobody knows is a mistake in the program', (t) => {
  const event = { type: 'BuildPaused', build: 'b1' } as unknown as BuildEvent;
  t.throws(() => evolve(emptyHistory, event), { message: /Unexpected .*BuildPaused/ });
});

function after(...events: BuildEvent[]): History {
  return events.reduce((history, event) => evolve(deepFreeze(history), deepFreeze(event)), emptyHistory);
}

function idsOf(builds: readonly Build[]): string[] {
  return builds.map(({ id }) => id);
}
