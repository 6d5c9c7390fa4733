import test from 'ava';

import { BuildStartedBefore, UnknownBuild } from '../../journal/decide';
import { sources } from '../../journal/events';
import { DEPARTED_KEPT, NEWEST_KEPT } from '../../journal/history';
import { adopt, cancel, discard, finish, reapBuilds, start } from './buildCommands';
import { canceled, discarded, finished, minute, minuteText, pruned, reaped, started } from './buildEvents';
import { given } from './given';

const dashboard = { user: 'dokku', key: 'alice', command: 'builds:cancel' };

test('a start is recorded with who deploys, as which process, and what', (t) => {
  const process = { pid: 17, startTicks: 99, bootId: 'b007' };
  const revision = '0123456789abcdef0123456789abcdef01234567';
  given()
    .when(start('b1', { source: 'ps:restart', process, actor: dashboard, revision, at: minute(3) }))
    .then(t, [
      started('b1', {
        kind: 'deploy',
        source: 'ps:restart',
        process,
        actor: dashboard,
        revision,
        startedAt: minuteText(3),
      }),
    ]);
});

for (const [source, kind] of Object.entries(sources)) {
  test(`a start from ${source} is of kind ${kind}`, (t) => {
    given()
      .when(start('b1', { source: source as keyof typeof sources }))
      .then(t, [started('b1', { source, kind })]);
  });
}

test('a build starts once, whether it runs, has ended or has left', (t) => {
  const refused = /^Build b1 has been recorded before$/;
  given(started('b1')).when(start('b1')).thenThrows(t, BuildStartedBefore, refused);
  given(started('b1'), finished('b1')).when(start('b1')).thenThrows(t, BuildStartedBefore, refused);
  given(started('b1'), finished('b1'), pruned('b1')).when(start('b1')).thenThrows(t, BuildStartedBefore, refused);
  given(started('b1'), discarded('b1')).when(start('b1')).thenThrows(t, BuildStartedBefore, refused);
});

test('a build that left so long ago that only the journal knows does not start again', (t) => {
  given(started('b2')).longAfterStartsOf('b1').when(start('b1')).thenThrows(t, BuildStartedBefore, /b1/);
});

test('the journal is asked only about ids that can have been used', (t) => {
  const [older, fresh] = ['01j8c4xv000001', '01j8c4xv7bkzzz'];
  const many = Array.from({ length: NEWEST_KEPT }, (_, n) => started(`01j8c4xv7bk${100 + n}`));
  for (const history of [many, many.slice(1)])
    given(...history)
      .longAfterStartsOf(fresh)
      .when(start(fresh))
      .then(t, [started(fresh)]);
  given(...many)
    .longAfterStartsOf(older)
    .when(start(older))
    .thenThrows(t, BuildStartedBefore, /01j8c4xv000001/);
  given(...many.slice(1))
    .longAfterStartsOf(older)
    .when(start(older))
    .then(t, [started(older)]); // it would be among the newest
});

test('a finish with exit code 0 is a success, with any other a failure', (t) => {
  given(started('b1'))
    .when(finish('b1', { exitCode: 0 }))
    .then(t, [finished('b1', { status: 'succeeded', exitCode: 0 })]);
  given(started('b1'))
    .when(finish('b1', { exitCode: 137 }))
    .then(t, [finished('b1', { status: 'failed', exitCode: 137 })]);
});

test('the first finish decides, later ones change nothing', (t) => {
  given(started('b1'), finished('b1'))
    .when(finish('b1', { exitCode: 1 }))
    .then(t, []);
});

test('a finish that comes after a cancel changes nothing', (t) => {
  given(started('b1'), canceled('b1'))
    .when(finish('b1', { exitCode: 131 }))
    .then(t, []);
});

test('a finish of a build that was found dead before changes nothing', (t) => {
  given(started('b1'), reaped('b1')).when(finish('b1')).then(t, []);
});

test('a finish or a cancel of a build that never started, or has left, is refused', (t) => {
  const refused = /^No build record found for b1$/;
  for (const command of [finish('b1'), cancel('b1'), discard('b1')]) {
    given(started('b2')).when(command).thenThrows(t, UnknownBuild, refused);
    given(started('b1'), finished('b1'), pruned('b1')).when(command).thenThrows(t, UnknownBuild, refused);
  }
});

test('a cancel is recorded with who did it and the signal', (t) => {
  given(started('b1'))
    .when(cancel('b1', { actor: dashboard, signal: 'SIGQUIT', at: minute(2) }))
    .then(t, [canceled('b1', { actor: dashboard, signal: 'SIGQUIT', finishedAt: minuteText(2) })]);
});

test('a cancel of a build that has ended changes nothing', (t) => {
  given(started('b1'), finished('b1')).when(cancel('b1')).then(t, []);
  given(started('b1'), canceled('b1'))
    .when(cancel('b1', { actor: dashboard }))
    .then(t, []);
});

test('builds found dead have failed at their last sign of life', (t) => {
  given(started('b1'), started('b2'), started('b3'))
    .when(reapBuilds({ b1: minute(5), b3: minute(7) }))
    .then(t, [reaped('b1', { finishedAt: minuteText(5) }), reaped('b3', { finishedAt: minuteText(7) })]);
});

test('a build that has ended or left in the meantime is not found dead', (t) => {
  given(started('b1'), finished('b1'), started('b2'), canceled('b2'), started('b3'), discarded('b3'))
    .when(reapBuilds({ b1: minute(5), b2: minute(5), b3: minute(5), b4: minute(5) }))
    .then(t, []);
});

test('a clock that was set back makes no end before its start', (t) => {
  const before = minute(-60);
  const finishedAt = minuteText(0);
  given(started('b1'))
    .when(finish('b1', { at: before }))
    .then(t, [finished('b1', { finishedAt })]);
  given(started('b1'))
    .when(cancel('b1', { at: before }))
    .then(t, [canceled('b1', { finishedAt })]);
  given(started('b1'))
    .when(reapBuilds({ b1: before }))
    .then(t, [reaped('b1', { finishedAt })]);
});

test('a discard takes a running build away', (t) => {
  given(started('b1'))
    .when(discard('b1'))
    .then(t, [discarded('b1')]);
});

test('a discard leaves a build that has ended', (t) => {
  given(started('b1'), finished('b1')).when(discard('b1')).then(t, []);
});

test('a record that something else wrote is adopted with its end', (t) => {
  const begun = started('b1', { adopted: true, startedAt: minuteText(-5) });
  given().when(adopt(begun)).then(t, [begun]);
  const ended = finished('b1', { adopted: true });
  given().when(adopt(begun, ended)).then(t, [begun, ended]);
  const stopped = canceled('b1', { adopted: true });
  given().when(adopt(begun, stopped)).then(t, [begun, stopped]);
});

test('of a build that is on record only the end is adopted, and only once', (t) => {
  const begun = started('b1', { adopted: true });
  const ended = finished('b1', { adopted: true });
  given(started('b1')).when(adopt(begun, ended)).then(t, [ended]);
  given(started('b1')).when(adopt(begun)).then(t, []);
  given(started('b1'), canceled('b1')).when(adopt(begun, ended)).then(t, []);
});

test('a record left behind by a build that has left is not adopted', (t) => {
  const begun = started('b1', { adopted: true });
  given(started('b1'), finished('b1'), pruned('b1'))
    .when(adopt(begun, finished('b1')))
    .then(t, []);
  given(started('b2')).longAfterStartsOf('b1').when(adopt(begun)).then(t, []);
});

test('an app remembers which builds left last', (t) => {
  const ids = Array.from({ length: DEPARTED_KEPT + 1 }, (_, n) => `gone${n}`);
  const events = ids.flatMap((id) => [started(id), discarded(id)]);
  given(...events)
    .when(start('gone1'))
    .thenThrows(t, BuildStartedBefore, /gone1/);
  given(...events)
    .longAfterStartsOf('gone0')
    .when(start('gone0'))
    .thenThrows(t, BuildStartedBefore, /gone0/);
});
