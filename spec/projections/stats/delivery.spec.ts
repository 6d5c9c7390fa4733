import test from 'ava';

import type { BuildEvent } from '../../../journal/events';
import {
  countDeployment,
  deliveryFigures,
  deliveryJson,
  deliveryOf,
  noDeployments,
} from '../../../projections/stats/delivery';
import {
  canceled,
  deployed,
  discarded,
  finished,
  minute,
  minuteText,
  pruned,
  started,
} from '../../journal/buildEvents';
import { givenFor } from '../../journal/given';

const given = givenFor((events) => deliveryOf(deploymentsOf(...events)));

function deploymentsOf(...events: readonly BuildEvent[]) {
  const deployments = noDeployments();
  for (const event of events) countDeployment(deployments, event);
  return deployments;
}

/** A deploy that ran from `from` to `to`, minutes after the beginning. */
function deploy(build: string, from: number, to: number, exitCode = 0, revision?: string): BuildEvent[] {
  return [
    started(build, { startedAt: minuteText(from), ...(revision === undefined ? {} : { revision }) }),
    finished(build, { exitCode, finishedAt: minuteText(to) }),
  ];
}

const MINUTE = 60_000;
const [FIRST, SECOND] = ['a'.repeat(40), 'b'.repeat(40)];

test('a deployment is a deploy that succeeded; those that failed are a share of both, canceled ones are not', (t) => {
  const events = [...deploy('b1', 0, 1), ...deploy('b2', 2, 3, 1), started('b3'), canceled('b3'), started('b4')];
  given(...events).then(t, { succeeded: 1, failed: 1 });
  const delivery = deliveryOf(deploymentsOf(...events));
  t.like(deliveryFigures([delivery], 2), { deployments: 1, perDay: 0.5, failed: 1, failureRate: 0.5 });
});

test('a restart deploys no change, and a sync that found nothing to build was not a deploy', (t) => {
  const restarts = ['ps:restart', 'ps:start'].flatMap((source, n) => [
    started(`b${n}`, { source, kind: 'deploy' }),
    deployed(`b${n}`),
  ]);
  const config = [started('c1', { source: 'config-redeploy', kind: 'deploy' }), finished('c1')];
  given(...restarts, started('b9'), discarded('b9'), ...config).then(t, { succeeded: 1, failed: 0 });
});

test('an app is restored by the next success after a failure: the time runs from the first failure', (t) => {
  const deployments = deploymentsOf(
    ...deploy('b1', 0, 1),
    ...deploy('b2', 10, 11, 1),
    ...deploy('b3', 12, 13, 1),
    ...deploy('b4', 40, 41),
    ...deploy('b5', 50, 51, 1),
    ...deploy('b6', 60, 61),
    ...deploy('b7', 70, 71, 1),
  );
  const delivery = deliveryOf(deployments);
  t.deepEqual(delivery.restored, [30 * MINUTE, 10 * MINUTE], 'and the last failure has no end yet');
  t.like(deliveryFigures([delivery], 1), { restored: 2, timeToRestore: 20 * MINUTE });
  t.deepEqual(deliveryOf(deployments, minute(41)).restored, [10 * MINUTE]);
  t.deepEqual(deliveryOf(deployments, minute(39)).restored, [30 * MINUTE, 10 * MINUTE], 'it had failed before');
});

test('a report corrects a deployment whose end was inferred, and pruning changes nothing', (t) => {
  const report = finished('b1', { exitCode: 1, finishedAt: minuteText(5) });
  given(started('b1'), deployed('b1'), report).then(t, { succeeded: 0, failed: 1 });
  given(started('b1'), deployed('b1'), pruned('b1')).then(t, { succeeded: 1, failed: 0 });
});

test('lead time is from the commit to its first deployment, for commits whose time is known', (t) => {
  const deployments = deploymentsOf(
    ...deploy('b1', 10, 12, 0, FIRST),
    ...deploy('b2', 20, 22, 0, SECOND),
    ...deploy('b3', 30, 32, 0, FIRST),
    ...deploy('b4', 40, 42),
  );
  const asked: (readonly string[])[] = [];
  const timesOf = (revisions: readonly string[]) => {
    asked.push(revisions);
    return new Map([[FIRST, minute(0)]]);
  };
  t.deepEqual(deliveryOf(deployments, undefined, timesOf).leadTimes, [12 * MINUTE]);
  t.deepEqual(deliveryOf(deployments, minute(25), timesOf).leadTimes, [], 'going back to a commit is not a new change');
  t.deepEqual(asked, [[FIRST, SECOND]]);
  t.like(deliveryFigures([deliveryOf(deployments)], 1), { changes: 0, leadTime: undefined });
});

test('JSON has seconds and rounded rates, and null where there is nothing to say it of', (t) => {
  const nothing = { succeeded: 0, failed: 0, restored: [], leadTimes: [] };
  t.deepEqual(deliveryJson(deliveryFigures([nothing], 1)), {
    deployments: 0,
    deployments_per_day: 0,
    failed_deployments: 0,
    change_failure_rate: null,
    restored: 0,
    time_to_restore_seconds: null,
    changes: 0,
    lead_time_seconds: null,
  });
  const some = { succeeded: 2, failed: 1, restored: [1500], leadTimes: [60_000, 120_000] };
  t.like(deliveryJson(deliveryFigures([some, nothing], 3)), {
    deployments_per_day: 0.67,
    change_failure_rate: 0.3333,
    time_to_restore_seconds: 1.5,
    lead_time_seconds: 90,
  });
});
