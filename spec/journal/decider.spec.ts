import test from 'ava';

import { parseBuildId } from '../../host/dokku/names';
import { BuildStartedBefore, UnknownBuild } from '../../journal/commands';
import { decider, evolve, evolveAll, initialState } from '../../journal/decider';
import { type BuildEvent, sources } from '../../journal/events';
import { findBuild, NEWEST_KEPT, newestBuild, PRUNED_KEPT } from '../../journal/history';
import { adopt, adoptAll, cancel, conclude, discard, finish, noteRemoved, start } from './buildCommands';
import {
  canceled,
  deployed,
  discarded,
  finished,
  minute,
  minuteText,
  pruned,
  reaped,
  runningBuild,
  started,
} from './buildEvents';
import { deepFreeze } from './deepFreeze';
import { given, historyOf } from './given';

const alice = { user: 'dokku', key: 'alice', command: 'builds:cancel' };
const revision = '0123456789abcdef0123456789abcdef01234567';
const otherRevision = 'fedcba9876543210fedcba9876543210fedcba98';

/** What a start without more makes. */
const running = runningBuild('b1');

/* How a build starts. */

test('a start is recorded with its person, process and revision', (t) => {
  const process = { pid: 17, group: 16, startTicks: 99, bootId: 'b007' };
  const facts = { process, actor: alice, revision } as const;
  const begun = started('b1', { kind: 'deploy', source: 'ps:restart', startedAt: minuteText(3), ...facts });
  given()
    .when(start('b1', { source: 'ps:restart', at: minute(3), ...facts }))
    .then(t, [begun]);
  given(begun).thenBuilds(t, [
    { ...running, kind: 'deploy', source: 'ps:restart', startedAt: minuteText(3), ...facts },
  ]);
});

for (const [source, kind] of Object.entries(sources)) {
  test(`a start from ${source} is of kind ${kind}`, (t) => {
    given()
      .when(start('b1', { source: source as keyof typeof sources }))
      .then(t, [started('b1', { source, kind })]);
  });
}

test('a build starts once, whether it runs, has ended or was pruned', (t) => {
  const refused = /^Build b1 has been recorded before$/;
  given(started('b1')).when(start('b1')).thenThrows(t, BuildStartedBefore, refused);
  given(started('b1'), finished('b1')).when(start('b1')).thenThrows(t, BuildStartedBefore, refused);
  given(started('b1'), finished('b1'), pruned('b1')).when(start('b1')).thenThrows(t, BuildStartedBefore, refused);
  given(started('b1'), discarded('b1')).when(start('b1')).thenThrows(t, BuildStartedBefore, refused);
  given(started('b1')).thenBuilds(t, [running]);
  given(started('b1'), started('b1', { source: 'ps:restart' })).thenBuilds(t, [running]);
});

test('a build that was pruned so long ago that only the journal knows it does not start again', (t) => {
  given(started('b2'))
    .when(start('b1', { usedBefore: true }))
    .thenThrows(t, BuildStartedBefore, /^Build b1 has been recorded before$/);
});

test('a history knows the ids of the last pruned builds only, so that it does not grow for ever', (t) => {
  const ids = Array.from({ length: PRUNED_KEPT + 10 }, (_, n) => parseBuildId(`b${n}`));
  const one = given(...ids.flatMap((id) => [started(id), discarded(id)]));
  one.thenHistory(t, { builds: {}, order: [], pruned: ids.slice(-PRUNED_KEPT) });
  one.when(start('b10')).thenThrows(t, BuildStartedBefore, /b10/);
  given(...ids.map((id) => started(id)), pruned(...ids)).thenHistory(t, { pruned: ids.slice(-PRUNED_KEPT) });
});

test('an id such as constructor is an id like any other', (t) => {
  for (const id of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    given()
      .when(start(id))
      .then(t, [started(id)]);
    given()
      .when(finish(id))
      .thenThrows(t, UnknownBuild, new RegExp(`^No build record found for ${id}$`));
    given(finished(id), canceled(id), pruned(id)).thenBuilds(t, []);
    given(started(id)).thenBuilds(t, [{ ...running, id: parseBuildId(id) }]);
    given(started(id))
      .when(finish(id))
      .then(t, [finished(id)]);
    given(started(id), finished(id), pruned(id)).thenBuilds(t, []);
  }
});

/* How a build ends. */

test('a finish with exit code 0 is a success, with any other a failure', (t) => {
  const end = { cause: 'exit', finishedAt: minuteText(1) } as const;
  for (const [exitCode, status] of [
    [0, 'succeeded'],
    [2, 'failed'],
    [137, 'failed'],
    [-1, 'failed'],
  ] as const) {
    const event = finished('b1', { status, exitCode });
    given(started('b1')).when(finish('b1', { exitCode })).then(t, [event]);
    given(started('b1'), event).thenBuilds(t, [{ ...running, ...end, status, exitCode }]);
  }
});

test('the first report decides, later ones change nothing', (t) => {
  given(started('b1'), finished('b1'))
    .when(finish('b1', { exitCode: 1 }))
    .then(t, []);
  given(started('b1'), finished('b1'), finished('b1', { exitCode: 1 })).thenBuilds(t, [
    { ...running, status: 'succeeded', exitCode: 0, cause: 'exit', finishedAt: minuteText(1) },
  ]);
});

test('a report corrects an end that was inferred, whichever it was and whichever it reports', (t) => {
  for (const inferred of [reaped('b1'), deployed('b1')]) {
    for (const exitCode of [0, 1]) {
      const report = finished('b1', { exitCode, finishedAt: minuteText(9) });
      given(started('b1'), inferred)
        .when(finish('b1', { exitCode, at: minute(9) }))
        .then(t, [report]);
      const status = exitCode === 0 ? 'succeeded' : 'failed';
      given(started('b1'), inferred, report).thenBuilds(t, [
        { ...running, status, exitCode, cause: 'exit', finishedAt: minuteText(9) },
      ]);
    }
  }
});

test('a second report after a correction changes nothing', (t) => {
  for (const inferred of [reaped('b1'), deployed('b1')]) {
    given(started('b1'), inferred, finished('b1'))
      .when(finish('b1', { exitCode: 1 }))
      .then(t, []);
    given(started('b1'), inferred, finished('b1'), finished('b1', { exitCode: 1 })).thenBuilds(t, [
      { ...running, status: 'succeeded', exitCode: 0, cause: 'exit', finishedAt: minuteText(1) },
    ]);
  }
});

test('only a report corrects an end: no inference, cancel or discard does', (t) => {
  for (const end of [reaped('b1'), deployed('b1'), finished('b1'), canceled('b1')]) {
    const ended = given(started('b1'), end);
    ended.when(conclude({ b1: { deployed: true } })).then(t, []);
    ended.when(conclude({ b1: { holdsLock: true } })).then(t, []);
    ended.when(cancel('b1', { actor: alice })).then(t, []);
    ended.when(discard('b1')).then(t, []);
    const history = historyOf(started('b1'), end);
    for (const later of [reaped('b1'), deployed('b1'), canceled('b1', { actor: alice })])
      t.is(evolve(history, later), history);
  }
});

test('a report that comes after a cancel changes nothing', (t) => {
  given(started('b1'), canceled('b1'))
    .when(finish('b1', { exitCode: 131 }))
    .then(t, []);
  given(started('b1'), canceled('b1'), finished('b1')).thenBuilds(t, [
    { ...running, status: 'canceled', exitCode: -1, finishedAt: minuteText(1), canceledBy: {}, signal: 'SIGQUIT' },
  ]);
});

test('a finish, a cancel or a discard of a build that never started, or was pruned, is refused', (t) => {
  const refused = /^No build record found for b1$/;
  for (const command of [finish('b1'), cancel('b1'), discard('b1')]) {
    given(started('b2')).when(command).thenThrows(t, UnknownBuild, refused);
    given(started('b1'), finished('b1'), pruned('b1')).when(command).thenThrows(t, UnknownBuild, refused);
  }
});

test('the end of a build that is not on record changes nothing', (t) => {
  given(finished('b1'), canceled('b2'), reaped('b3'), deployed('b4')).thenHistory(t, initialState);
});

test('a cancel is recorded with who canceled and the signal', (t) => {
  const event = canceled('b1', { actor: alice, signal: 'SIGTERM', finishedAt: minuteText(2) });
  given(started('b1'))
    .when(cancel('b1', { actor: alice, signal: 'SIGTERM', at: minute(2) }))
    .then(t, [event]);
  const end = { status: 'canceled', exitCode: -1, finishedAt: minuteText(2), canceledBy: alice } as const;
  given(started('b1'), event).thenBuilds(t, [{ ...running, ...end, signal: 'SIGTERM' }]);
  const { signal: _, ...unsignaled } = event;
  given(started('b1'), unsignaled).thenBuilds(t, [{ ...running, ...end }]);
});

test('processes that ended without a report end their builds at the last sign of life', (t) => {
  given(started('b1'), started('b2'), started('b3'))
    .when(conclude({ b1: { lastSign: minute(5) }, b3: { deployed: true, lastSign: minute(7) } }))
    .then(t, [reaped('b1', { finishedAt: minuteText(5) }), deployed('b3', { finishedAt: minuteText(7) })]);
});

test('a build that has ended or was pruned meanwhile, or never started, is not concluded', (t) => {
  given(started('b1'), finished('b1'), started('b2'), canceled('b2'), started('b3'), discarded('b3'))
    .when(conclude({ b1: {}, b2: { deployed: true }, b3: {}, b4: { holdsLock: true } }))
    .then(t, []);
});

test('a clock that was set back makes no end before its start', (t) => {
  const [at, finishedAt] = [minute(-60), minuteText(0)];
  const begun = given(started('b1'));
  begun.when(finish('b1', { at })).then(t, [finished('b1', { finishedAt })]);
  begun.when(cancel('b1', { at })).then(t, [canceled('b1', { finishedAt })]);
  begun.when(conclude({ b1: { lastSign: at } })).then(t, [reaped('b1', { finishedAt })]);
  given(started('b1'), reaped('b1'))
    .when(finish('b1', { at }))
    .then(t, [finished('b1', { finishedAt })]);
});

test('a revision that became known with the end is kept, one that was known at the start stays', (t) => {
  const ends = [
    [finish('b1', { revision }), finished('b1', { revision })],
    [cancel('b1', { revision }), canceled('b1', { revision })],
    [conclude({ b1: { revision } }), reaped('b1', { revision })],
    [conclude({ b1: { revision, deployed: true } }), deployed('b1', { revision })],
  ] as const;
  for (const [command, event] of ends) {
    given(started('b1')).when(command).then(t, [event]);
    t.is(findBuild(historyOf(started('b1'), event), running.id)?.revision, revision);
    t.is(findBuild(historyOf(started('b1', { revision: otherRevision }), event), running.id)?.revision, otherRevision);
  }
  const corrected = historyOf(started('b1'), reaped('b1', { revision }), finished('b1'));
  t.is(findBuild(corrected, running.id)?.revision, revision);
});

/* How a build leaves the records. */

test('a discard removes a running build, and leaves one that has ended', (t) => {
  given(started('b1'))
    .when(discard('b1'))
    .then(t, [discarded('b1')]);
  given(started('b1'), finished('b1')).when(discard('b1')).then(t, []);
});

test('builds whose files something else has removed are pruned, unless they run or were pruned before', (t) => {
  given(started('b1'), finished('b1'), started('b2'), started('b3'), canceled('b3'), started('b4'), finished('b4'))
    .when(noteRemoved('b1', 'b2', 'b3', 'b5'))
    .then(t, [pruned('b1', 'b3')]);
  given(started('b1')).when(noteRemoved()).then(t, []);
});

test('a build that was pruned or discarded is not on record any more, and is remembered', (t) => {
  const past = [started('b1'), started('b2'), finished('b1'), pruned('b1'), discarded('b2')];
  given(...past).thenBuilds(t, []);
  given(...past).thenHistory(t, { order: [], pruned: ['b1', 'b2'].map(parseBuildId) });
});

/* Records of something else. */

test('a record that something else wrote is adopted with its end', (t) => {
  const begun = started('b1', { adopted: true, startedAt: minuteText(-5) });
  given().when(adopt(begun)).then(t, [begun]);
  for (const ended of [finished('b1', { adopted: true }), canceled('b1', { adopted: true })])
    given().when(adopt(begun, ended)).then(t, [begun, ended]);
});

test('one command adopts many records, in the given order', (t) => {
  const [b1, b2, b3] = ['b1', 'b2', 'b3'].map((id) => started(id, { adopted: true }));
  if (!b1 || !b2 || !b3) return t.fail();
  given(started('b2'))
    .when(adoptAll({ started: b1, ended: finished('b1') }, { started: b2 }, { started: b3 }))
    .then(t, [b1, finished('b1'), b3]);
});

test('if the build is known, only its end is adopted, and only while it runs', (t) => {
  const begun = started('b1', { adopted: true });
  const ended = finished('b1', { adopted: true });
  given(started('b1')).when(adopt(begun, ended)).then(t, [ended]);
  given(started('b1')).when(adopt(begun)).then(t, []);
  for (const end of [canceled('b1'), reaped('b1'), deployed('b1')])
    given(started('b1'), end).when(adopt(begun, ended)).then(t, []);
});

test('a record that a pruned build has left behind is not adopted', (t) => {
  const begun = started('b1', { adopted: true });
  given(started('b1'), finished('b1'), pruned('b1'))
    .when(adopt(begun, finished('b1')))
    .then(t, []);
});

/* In which order builds stand. */

test('builds are in the order of the journal, whatever the clock said', (t) => {
  given(
    started('b1', { startedAt: minuteText(10) }),
    started('b2', { startedAt: minuteText(-10) }),
    started('b3', { startedAt: minuteText(5) }),
  ).thenHistory(t, { order: ['b1', 'b2', 'b3'].map(parseBuildId) });
});

test('an adopted build goes before those that started after it', (t) => {
  const history = historyOf(
    started('b1', { startedAt: minuteText(10) }),
    started('b2', { startedAt: minuteText(20) }),
    started('old', { startedAt: minuteText(5), adopted: true }),
    started('between', { startedAt: minuteText(15), adopted: true }),
    started('new', { startedAt: minuteText(25), adopted: true }),
  );
  t.deepEqual(history.order, ['old', 'b1', 'between', 'b2', 'new'].map(parseBuildId));
  t.true(findBuild(history, parseBuildId('old'))?.adopted);
  t.is(newestBuild(history)?.id, parseBuildId('new'));
});

test('the newest ids are generated ones, ascending, once each, and stay when their builds are pruned', (t) => {
  const [older, newer] = [parseBuildId('01j8c4xv7bk5w3'), parseBuildId('01j8c4xw000000')];
  given(started('zzz'), started(newer), started(older)).thenHistory(t, { newestIds: [older, newer] });
  given(started(newer), finished(newer), pruned(newer), started(newer)).thenHistory(t, { newestIds: [newer] });
  given(started('pid-4242')).thenHistory(t, { newestIds: [] });
});

test('a fixed number of the newest ids is kept, and those are the highest', (t) => {
  const ids = Array.from({ length: NEWEST_KEPT + 5 }, (_, n) => parseBuildId(`01j8c4xw0000${10 + n}`));
  const inDisorder = ids.toSorted((a, b) => (a.slice(-1) + a < b.slice(-1) + b ? -1 : 1));
  given(...inDisorder.map((id) => started(id))).thenHistory(t, { newestIds: ids.slice(5) });
});

/* What a fold is. */

test('later events do not change an earlier history object', (t) => {
  const events = [
    started('b1'),
    started('b2'),
    reaped('b1'),
    finished('b1'),
    pruned('b1'),
    canceled('b2'),
    started('b3', { adopted: true }),
  ];
  let history = deepFreeze(initialState);
  for (const event of events) {
    const before = JSON.stringify(history);
    const next = evolve(history, deepFreeze(event));
    t.is(JSON.stringify(history), before);
    t.not(next, history);
    history = deepFreeze(next);
  }
});

test('an event that does not apply returns the same history object', (t) => {
  const history = historyOf(started('b1'), finished('b1'), started('b2'), canceled('b2'));
  const others = [canceled('b1'), started('b1'), finished('b1', { exitCode: 1 }), finished('b2'), reaped('b9')];
  for (const event of others) t.is(evolve(history, event), history, event.type);
  t.is(evolveAll(history, others), history);
  t.is(evolveAll(history, []), history);
});

test('an event or command of an unknown type throws', (t) => {
  const event = { type: 'BuildPaused', build: 'b1' } as unknown as BuildEvent;
  t.throws(() => evolve(initialState, event), { message: /Unexpected .*BuildPaused/ });
  const command = { type: 'PauseBuild', build: 'b1' } as unknown as Parameters<typeof decider.decide>[1];
  t.throws(() => decider.decide(decider.initialState, command), { message: /Unexpected .*PauseBuild/ });
});
