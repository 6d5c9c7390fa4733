import { execFileSync, spawnSync } from 'node:child_process';

import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';

import { parseAppName } from '../../../host/dokku/names';
import type { BuildEvent } from '../../../journal/events';
import {
  addEvent,
  type AppMetrics,
  metricsFromJson,
  type MetricsJson,
  metricsToJson,
  noMetrics,
} from '../../../projections/metrics/appMetrics';
import { type Dialect, metricsText } from '../../../projections/metrics/metricsText';
import {
  canceled,
  deployed,
  discarded,
  finished,
  minuteText,
  pruned,
  reaped,
  started,
} from '../../journal/buildEvents';

function metricsOf(...events: BuildEvent[]): AppMetrics {
  const metrics = noMetrics();
  for (const event of events) addEvent(metrics, event);
  return metrics;
}

const text = (metrics: AppMetrics, dialect: Dialect = 'openmetrics', app = 'shop') =>
  metricsText([{ app: parseAppName(app), metrics, running: [...metrics.open.values()] }], dialect);

/** Given these events, the metrics of the app have these lines. */
const given = (...events: BuildEvent[]) => ({
  then(t: ExecutionContext, ...lines: readonly string[]): void {
    const said = text(metricsOf(...events)).split('\n');
    for (const line of lines) t.true(said.includes(line), line);
  },
});

const ofPush = '{app="shop",source="git-hook",kind="build"';

test('ends are counted by app, source, kind and status; a pruned build is counted, a discarded one is not', (t) => {
  given(
    ...[started('b1'), finished('b1'), started('b2'), finished('b2', { exitCode: 3 })],
    ...[started('b3'), canceled('b3'), started('b4'), reaped('b4'), started('b5'), discarded('b5')],
    ...[started('b6'), pruned('b1', 'b6'), started('b7')],
  ).then(
    t,
    `dokku_builds_total${ofPush},status="succeeded"} 1`,
    `dokku_builds_total${ofPush},status="failed"} 1`,
    `dokku_builds_total${ofPush},status="canceled"} 1`,
    `dokku_builds_total${ofPush},status="abandoned"} 2`,
    'dokku_builds_running{app="shop"} 1',
    '# EOF',
  );
});

test('durations are in cumulative buckets, with their sum in seconds', (t) => {
  given(
    ...[started('b1'), finished('b1', { finishedAt: minuteText(1) })],
    ...[started('b2'), finished('b2', { finishedAt: minuteText(200), exitCode: 1 })],
    ...[started('b3'), reaped('b3', { finishedAt: minuteText(1) })],
  ).then(
    t,
    `dokku_build_duration_seconds_bucket${ofPush},le="30.0"} 0`,
    `dokku_build_duration_seconds_bucket${ofPush},le="60.0"} 1`,
    `dokku_build_duration_seconds_bucket${ofPush},le="3600.0"} 1`,
    `dokku_build_duration_seconds_bucket${ofPush},le="+Inf"} 2`,
    `dokku_build_duration_seconds_sum${ofPush}} ${201 * 60}`,
    `dokku_build_duration_seconds_count${ofPush}} 2`,
  );
});

test('a report that corrects a concluded end lowers no number, and is counted as a correction', (t) => {
  given(started('b1'), deployed('b1'), finished('b1', { exitCode: 1 })).then(
    t,
    `dokku_builds_total${ofPush},status="succeeded"} 1`,
    'dokku_build_corrections_total{app="shop",status="failed"} 1',
  );
  given(started('b1'), deployed('b1'), finished('b1')).then(
    t,
    'dokku_build_corrections_total{app="shop",status="succeeded"} 0',
  );
});

test('the last success is a time in seconds, and absent before the first', (t) => {
  t.false(text(metricsOf(started('b1'))).includes('\ndokku_build_last_success_timestamp_seconds{'));
  given(started('b1'), finished('b1', { finishedAt: '2026-04-30T13:51:00.500Z' })).then(
    t,
    'dokku_build_last_success_timestamp_seconds{app="shop"} 1777557060.5',
  );
});

const anyEvents = fc.array(
  fc.oneof(
    fc
      .constantFrom('b1', 'b2', 'b3')
      .chain((build) =>
        fc.constantFrom<BuildEvent>(
          started(build),
          started(build, { source: 'a "quoted"\\\n__proto__' }),
          started(build, { source: '__proto__' }),
          finished(build),
          deployed(build),
          reaped(build),
          canceled(build),
          pruned(build),
          discarded(build),
        ),
      ),
  ),
  { maxLength: 30 },
);

test('metrics that were stored and read again are the same, and no counter ever falls', (t) => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const metrics = noMetrics();
      let before = 0;
      for (const event of events) {
        addEvent(metrics, event);
        const json = JSON.parse(JSON.stringify(metricsToJson(metrics))) as MetricsJson;
        t.is(text(metricsFromJson(json)), text(metrics));
        const total = [...metrics.sources.values()].flatMap(({ ended }) => Object.values(ended));
        const sum = total.reduce((a, b) => a + b, 0);
        t.true(sum >= before);
        before = sum;
      }
    }),
  );
});

const promtool = spawnSync('promtool', ['--version']).error === undefined ? test : test.skip;

promtool('promtool finds nothing wrong with the older text format, whatever the names are', (t) => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const input = text(metricsOf(...events), 'prometheus', 'a.strange-app_name');
      t.is(execFileSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' }), '');
    }),
    { numRuns: 20 },
  );
});
