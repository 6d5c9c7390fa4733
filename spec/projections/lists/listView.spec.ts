import test from 'ava';

import { parseAppName } from '../../../host/dokku/names';
import type { BuildEvent } from '../../../journal/events';
import { buildsOf } from '../../../journal/history';
import { appRow, hostRow, listOfApp, matches, listOfHost } from '../../../projections/lists/listView';
import { asShown, type ShownBuild } from '../../../projections/records/record';
import { canceled, finished, minute, minuteText, started } from '../../journal/buildEvents';
import { historyOf } from '../../journal/given';

test('live builds come first, then the newest', (t) => {
  const shown = showing(started('b1'), started('b2'), finished('b2'), started('b3'), started('b4'), canceled('b4'));
  t.deepEqual(ids(listOfApp(shown, {}, 20)), ['b3', 'b1', 'b4', 'b2']);
});

test('unfiltered the list ends after the live builds and as many as are kept', (t) => {
  const shown = showing(
    ...['b1', 'b2', 'b3'].flatMap((id) => [started(id), finished(id)]),
    started('b4'),
    started('b5'),
  );
  t.deepEqual(ids(listOfApp(shown, {}, 2)), ['b5', 'b4', 'b3', 'b2']);
});

test('filtered the list does not end', (t) => {
  const shown = showing(...['b1', 'b2', 'b3'].flatMap((id) => [started(id), finished(id)]));
  t.deepEqual(ids(listOfApp(shown, { statuses: ['succeeded'] }, 1)), ['b3', 'b2', 'b1']);
  t.deepEqual(ids(listOfApp(shown, { kind: 'build' }, 1)), ['b3', 'b2', 'b1']);
});

test('a build that is abandoned is not live: it stands among the others and counts as one', (t) => {
  const dead = (build: string) => build === 'b2';
  const shown = showing(started('b1'), started('b2'), started('b3'), finished('b3')).map((one) =>
    asShown(one.build, minute(9), ({ id }) => !dead(id)),
  );
  t.deepEqual(ids(listOfApp(shown, {}, 1)), ['b1', 'b3']);
  t.deepEqual(ids(listOfApp(shown, {}, 2)), ['b1', 'b3', 'b2']);
});

test('filters ask for the kind and for what the status looks like', (t) => {
  const [build] = showing(started('b1', { kind: 'deploy' }));
  if (build === undefined) return t.fail();
  t.true(matches(build, {}));
  t.true(matches(build, { kind: 'deploy', statuses: ['running'] }));
  t.false(matches(build, { kind: 'build' }));
  t.false(matches(build, { statuses: ['abandoned'] }));
  t.true(matches({ ...build, displayStatus: 'abandoned' }, { statuses: ['abandoned'] }));
  t.false(matches({ ...build, displayStatus: 'abandoned' }, { statuses: ['running'] }));
});

test('rows give whole seconds and what the build looks like', (t) => {
  const [build] = showing(started('b1', { startedAt: '2026-04-30T13:50:00.987654321Z' }));
  if (build === undefined) return t.fail();
  t.deepEqual(appRow(build), ['b1', 'build', 'running', '4242', 'git-hook', '2026-04-30T13:50:00Z', '8m59s']);
  t.deepEqual(hostRow(parseAppName('myapp'), build), [
    'myapp',
    'b1',
    'build',
    '4242',
    'git-hook',
    '2026-04-30T13:50:00Z',
  ]);
});

test('the journal decides which build is newer, not the clock', (t) => {
  const shown = showing(
    ...[started('b1', { startedAt: minuteText(60) }), finished('b1')],
    ...[started('b2', { startedAt: minuteText(-60) }), finished('b2')],
  );
  t.deepEqual(ids(listOfApp(shown, {}, 20)), ['b2', 'b1']);
});

test('across apps the newest comes first, and within each the journal decides', (t) => {
  const at = (id: string, minutes: number) => started(id, { startedAt: minuteText(minutes) });
  const apps = {
    east: showing(at('e1', 10), at('e2', -60), at('e3', 30)), // the clock was set back, and forth again
    west: showing(at('w1', 5), at('w2', 20)),
  };
  const listed = Object.entries(apps).flatMap(([app, builds]) =>
    builds.map((shown) => ({ app: parseAppName(app), shown })),
  );
  t.deepEqual(ids(listOfHost(listed).map(({ shown }) => shown)), ['e3', 'w2', 'e2', 'e1', 'w1']);
});

function showing(...events: BuildEvent[]): ShownBuild[] {
  return buildsOf(historyOf(...events)).map((build) => asShown(build, minute(9), () => true));
}

function ids(shown: readonly ShownBuild[]): string[] {
  return shown.map(({ build }) => build.id);
}
