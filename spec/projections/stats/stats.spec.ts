import test from 'ava';

import { parseAppName } from '../../../host/dokku/names';
import type { BuildEvent } from '../../../journal/events';
import { countDeployment, deliveryOf, noDeployments } from '../../../projections/stats/delivery';
import { type AppStats, count, countOpen, noStats } from '../../../projections/stats/stats';
import { statsView } from '../../../projections/stats/statsView';
import { canceled, discarded, finished, minute, minuteText, pruned, reaped, started } from '../../journal/buildEvents';
import { givenFor } from '../../journal/given';

/** What is counted of the only source. */
function only(stats: AppStats) {
  const [tally] = [...stats.bySource.values()];
  return tally;
}

const given = givenFor((events) => only(statsOf(events)) ?? {});

const APP = parseAppName('shop');
const delivery = deliveryOf(noDeployments());

test('without events there are no figures', (t) => {
  const stats = statsOf([]);
  t.is(stats.bySource.size + stats.days.size + stats.open.size, 0);
  const { all, from, perDay, bySource, days } = statsView([{ app: APP, stats, delivery }], undefined, minute(0));
  t.like(all, { builds: 0, successRate: undefined, median: undefined, p95: undefined, longest: undefined });
  t.deepEqual([from, perDay, bySource, days], [undefined, 0, [], []]);
});

test('a build counts by how it ended, and its duration when it ended by itself', (t) => {
  const stats = statsOf([
    started('b1'),
    finished('b1', { finishedAt: minuteText(1) }),
    started('b2'),
    finished('b2', { exitCode: 2, finishedAt: minuteText(3) }),
    started('b3'),
    canceled('b3', { finishedAt: minuteText(9) }),
    started('b4'),
    reaped('b4', { finishedAt: minuteText(99) }),
  ]);
  t.deepEqual(only(stats), {
    succeeded: 1,
    failed: 2,
    canceled: 1,
    abandoned: 0,
    running: 0,
    durations: [60_000, 180_000],
    longest: { build: 'b2' as never, ms: 180_000 },
  });
  t.deepEqual([...stats.days], [['2026-04-30', { builds: 4, succeeded: 1, failed: 2 }]]);
  t.deepEqual([...stats.lastSuccess], [['git-hook', minute(1)]]);
  t.is(stats.first, minute(0));
});

test('a report corrects how a build counts whose end was inferred', (t) => {
  const events = [started('b1'), reaped('b1'), finished('b1', { finishedAt: minuteText(2) }), finished('b1')];
  given(...events).then(t, { succeeded: 1, failed: 0, durations: [120_000] });
  t.deepEqual([...statsOf(events).days], [['2026-04-30', { builds: 1, succeeded: 1, failed: 0 }]]);
});

test('a pruned build counts, a discarded one does not', (t) => {
  const kept = [started('b1'), finished('b1'), pruned('b1')];
  const events = [...kept, started('b2'), discarded('b2'), started('dead'), pruned('dead')];
  given(...events).then(t, { succeeded: 1, failed: 0, abandoned: 1 });
  t.is(statsOf(events).open.size, 0);
});

test('an end of a build that is not open changes nothing', (t) => {
  const events = [finished('never'), started('b1'), canceled('b1'), finished('b1'), pruned('b1')];
  given(...events).then(t, { succeeded: 0, canceled: 1, abandoned: 0 });
  t.is(statsOf(events).lastSuccess.size, 0);
});

test('a build without an end runs while its process lives, and is abandoned afterwards', (t) => {
  const stats = statsOf([started('b1', { process: { pid: 1 } }), started('b2', { process: { pid: 2 } })]);
  t.is(stats.bySource.size, 0);
  countOpen(stats, ({ process }) => process.pid === 1);
  t.like(only(stats), { running: 1, abandoned: 1 });
  t.is(stats.open.size, 0);
});

test('since counts by the start; the last success is known all the same', (t) => {
  const events = [
    started('old', { startedAt: minuteText(0), source: 'git:sync' }),
    started('new', { startedAt: minuteText(10) }),
    finished('old', { finishedAt: minuteText(20) }),
    finished('new', { exitCode: 1, finishedAt: minuteText(12) }),
  ];
  const stats = statsOf(events, minute(10));
  t.deepEqual([...stats.bySource.keys()], ['git-hook']);
  const view = statsView([{ app: APP, stats, delivery }], minute(10), minute(30));
  t.like(view.all, { builds: 1, failed: 1, succeeded: 0, successRate: 0, lastSuccess: minute(20) });
  t.is(view.from, minute(10));
  t.deepEqual(
    view.bySource.map(([source]) => source),
    ['git-hook'],
  );
});

test('a clock that ran backwards makes no negative duration', (t) => {
  given(started('b1', { startedAt: minuteText(5) }), finished('b1')).then(t, { durations: [0] });
});

test('median, 95th percentile and longest are those of the sorted durations, over apps and sources', (t) => {
  const app = (name: string, source: string, durations: readonly number[]) => ({
    delivery,
    app: parseAppName(name),
    stats: statsOf(
      durations.flatMap((minutes, n) => [
        started(`${name}${n}`, { source }),
        finished(`${name}${n}`, { finishedAt: minuteText(minutes) }),
      ]),
    ),
  });
  const odd = statsView([app('a', 'deploy', [9, 1, 5])], undefined, minute(9)).all;
  t.deepEqual([odd.median, odd.p95, odd.longest?.build as string], [5 * 60_000, 9 * 60_000, 'a0']);
  const twenty = Array.from({ length: 20 }, (_, n) => 20 - n);
  const view = statsView(
    [app('a', 'deploy', twenty.slice(0, 8)), app('b', 'git-hook', twenty.slice(8))],
    undefined,
    minute(9),
  );
  t.is(view.all.median, 10.5 * 60_000);
  t.is(view.all.p95, 19 * 60_000);
  t.deepEqual(view.all.longest, { app: parseAppName('a'), build: 'a0' as never, ms: 20 * 60_000 });
  t.deepEqual(
    view.bySource.map(([source, { builds }]) => [source, builds]),
    [
      ['git-hook', 12],
      ['deploy', 8],
    ],
    'the most active first',
  );
  t.deepEqual(view.days, [['2026-04-30', { builds: 20, succeeded: 20, failed: 0 }]]);
});

test('of two hosts that have the same name all deployments count', (t) => {
  const deploys = (exitCode: number) => {
    const deployments = noDeployments();
    for (const event of [started('b1'), finished('b1', { exitCode })]) countDeployment(deployments, event);
    return {
      app: APP,
      stats: statsOf([started('b1'), finished('b1', { exitCode })]),
      delivery: deliveryOf(deployments),
    };
  };
  const view = statsView([deploys(0), deploys(1)], undefined, minute(10));
  t.like(view.delivery, { deployments: 1, failed: 1 });
  t.is(view.byApp.length, 1);
  t.like(view.byApp[0], { figures: { builds: 2 }, delivery: { deployments: 1, failed: 1 } });
});

test('builds a day are counted over the time since the first, a day at least', (t) => {
  const events = [started('b1'), finished('b1'), started('b2'), reaped('b2')];
  const perDay = (now: number, since?: number): number =>
    statsView([{ app: APP, stats: statsOf(events, since), delivery }], since, now).perDay;
  t.is(perDay(minute(10)), 2);
  t.is(perDay(minute(4 * 24 * 60)), 0.5);
  t.is(perDay(minute(0), minute(-4 * 24 * 60)), 0.5);
});

function statsOf(events: readonly BuildEvent[], since?: number): AppStats {
  const stats = noStats(since);
  for (const event of events) count(stats, event);
  return stats;
}
