import test from 'ava';

import { parseBuildId } from '../../host/dokku/names';
import {
  type Build,
  buildsOf,
  findBuild,
  isCertainlyNew,
  isOpenToReport,
  NEWEST_KEPT,
  newestBuild,
  runningBuilds,
} from '../../journal/history';
import { type BuildEvent } from '../../journal/events';
import { canceled, deployed, finished, minuteText, reaped, started } from './buildEvents';
import { historyOf } from './given';

test('builds are given oldest first, running ones alone or with the others', (t) => {
  const history = historyOf(
    ...[started('z1'), started('a2'), finished('a2'), started('m3')],
    started('007', { adopted: true, startedAt: minuteText(-9) }),
  );
  t.deepEqual(ids(buildsOf(history)), ['007', 'z1', 'a2', 'm3']);
  t.deepEqual(ids(runningBuilds(history)), ['007', 'z1', 'm3']);
  t.is(newestBuild(history)?.id, parseBuildId('m3'));
  t.is(newestBuild(historyOf()), undefined);
});

test('a property that every object has is not a build', (t) => {
  const history = historyOf(started('b1'));
  for (const id of ['constructor', 'toString']) t.is(findBuild(history, parseBuildId(id)), undefined);
});

test('an id is known to be new if it sorts above the newest ids that are kept, and is none of them', (t) => {
  const many = Array.from({ length: NEWEST_KEPT + 5 }, (_, n) => parseBuildId(`01j8c4xw0000${10 + n}`));
  const history = historyOf(...many.map((id) => started(id)));
  for (const id of many) t.false(isCertainlyNew(history, id), id);
  t.true(isCertainlyNew(history, parseBuildId('01j8c4xw00003z')));
  t.true(isCertainlyNew(history, parseBuildId('01j8c4xw0000zz')));
  t.false(isCertainlyNew(history, parseBuildId('01j8c4xw000000')));
  t.false(isCertainlyNew(history, parseBuildId('pid-4242')));
  t.true(isCertainlyNew(historyOf(...many.slice(0, 3).map((id) => started(id))), parseBuildId('01j8c4xv000000')));
});

test('a build is open to a report while it runs, and after an end that was inferred', (t) => {
  const isOpen = (...events: BuildEvent[]): boolean =>
    buildsOf(historyOf(started('b1'), ...events)).some(isOpenToReport);
  t.true(isOpen());
  t.true(isOpen(reaped('b1')));
  t.true(isOpen(deployed('b1')));
  t.false(isOpen(finished('b1', { exitCode: -1 })));
  t.false(isOpen(canceled('b1')));
  t.false(isOpen(reaped('b1'), finished('b1')));
});

function ids(builds: readonly Build[]): string[] {
  return builds.map(({ id }) => id);
}
