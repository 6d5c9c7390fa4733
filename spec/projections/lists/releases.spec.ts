import test, { type ExecutionContext } from 'ava';

import { parseAppName } from '../../../host/dokku/names';
import type { BuildEvent } from '../../../journal/events';
import {
  countReleases,
  noReleases,
  type Releases,
  releaseJson,
  showReleases,
} from '../../../projections/lists/releases';
import { canceled, finished, minute, minuteText, pruned, started } from '../../journal/buildEvents';

const given = (...events: readonly BuildEvent[]) => ({
  then(t: ExecutionContext, ...expected: readonly string[]): void {
    t.deepEqual(shown(after(events)), expected);
  },
});

function after(events: readonly BuildEvent[], keep = 20): Releases {
  const releases = noReleases();
  for (const event of events) countReleases(releases, event, keep);
  return releases;
}

function shown({ latest }: Releases): string[] {
  return latest.map(({ version, build }) => `v${version} ${build}`);
}

const failure = { exitCode: 1 };
const inferred = { exitCode: 0, cause: 'deployed' } as const;
const lost = { exitCode: -1, cause: 'abandoned' } as const;

test('successful deploys are counted in the order in which they succeeded', (t) => {
  given(started('b1'), started('b2'), finished('b2'), finished('b1')).then(t, 'v1 b2', 'v2 b1');
});

test('what failed, was canceled or still runs has no number', (t) => {
  given(
    ...[started('b1'), finished('b1', failure), started('b2'), canceled('b2')],
    ...[started('b3'), started('b4'), finished('b4')],
  ).then(t, 'v1 b4');
});

test('a number stays with its build when builds are pruned', (t) => {
  const two = [started('b1'), finished('b1'), started('b2'), finished('b2')];
  given(...two, pruned('b1', 'b2'), started('b3'), finished('b3')).then(t, 'v1 b1', 'v2 b2', 'v3 b3');
});

test('an inferred success that is reported as one keeps its number', (t) => {
  given(started('b1'), finished('b1', inferred), started('b2'), finished('b2'), finished('b1')).then(
    t,
    'v1 b1',
    'v2 b2',
  );
});

test('it keeps its number even after more releases than are remembered', (t) => {
  const events = [started('b1'), finished('b1', inferred), started('b2'), finished('b2'), finished('b1')];
  t.deepEqual(shown(after(events, 1)), ['v2 b2']);
  t.is(after(events, 1).count, 2);
});

test('an inferred success that is reported as a failure is none, and its number is not given again', (t) => {
  given(started('b1'), finished('b1', inferred), finished('b1', failure), started('b2'), finished('b2')).then(
    t,
    'v2 b2',
  );
});

test('an inferred failure that is reported as a success gets the next number', (t) => {
  given(started('b1'), finished('b1', lost), started('b2'), finished('b2'), finished('b1')).then(t, 'v1 b2', 'v2 b1');
});

test('a success that was reported twice is one release', (t) => {
  given(started('b1'), finished('b1'), finished('b1')).then(t, 'v1 b1');
});

test('only as many as are asked for are kept, with their numbers', (t) => {
  const events = ['b1', 'b2', 'b3'].flatMap((id) => [started(id), finished(id)]);
  t.deepEqual(shown(after(events, 2)), ['v2 b2', 'v3 b3']);
  t.is(after(events, 2).open.size, 0, 'and nothing of builds that have ended');
});

test('a release is live until the next one, and the newest until now', (t) => {
  const { latest } = after([
    ...[started('b1'), finished('b1', { finishedAt: minuteText(1) })],
    ...[
      started('b2', { revision: 'f'.repeat(40), actor: { key: 'ann' } }),
      finished('b2', { finishedAt: minuteText(5) }),
    ],
  ]);
  const [second, first] = showReleases(latest, minute(7));
  t.like(first, { version: 1, current: false, live: '4m0s', liveSeconds: 240 });
  t.like(second, { version: 2, current: true, live: '2m0s', liveSeconds: 120 });
  if (second === undefined) return t.fail();
  t.deepEqual(releaseJson(parseAppName('shop'), second), {
    ...{ release: 'v2', app: 'shop', build: 'b2', current: true, released_at: minuteText(5), live_seconds: 120 },
    ...{ source: 'git-hook', revision: 'f'.repeat(40), actor: { key: 'ann' } },
  });
});

test('a revision that became known at the end is that of the release', (t) => {
  const { latest } = after([started('b1'), finished('b1', { revision: 'a'.repeat(40) })]);
  t.is(latest[0]?.revision, 'a'.repeat(40));
});
