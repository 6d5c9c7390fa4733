import { parseTimestamp } from '../../host/durations';
import type { BuildId } from '../../host/dokku/names';
import { assertNever, type BuildEvent, type BuildFinished, type BuildStarted } from '../../journal/events';
import { medianOf } from './median';

/*
 * The figures of software delivery that DORA defines (https://dora.dev/guides/dora-metrics-four-keys/), those that
 * a host can know. docs/stats.md has the definitions.
 */

/** Sources that start the deployed revision again: they deploy no change. */
const RESTARTS: ReadonlySet<string> = new Set(['ps:restart', 'ps:start']);

/** A deployment that has ended. Times are ms since the epoch. */
interface Deployment {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly succeeded: boolean;
  readonly revision: string | undefined;
}

/** The deployments of one app in the events that have been counted. */
export interface Deployments {
  readonly started: Map<BuildId, BuildStarted>;
  /** In the order in which they first ended. */
  readonly ended: Map<BuildId, Deployment>;
}

export function noDeployments(): Deployments {
  return { started: new Map(), ended: new Map() };
}

/** Counts one more event in `deployments`, which is changed. */
export function countDeployment({ started, ended }: Deployments, event: BuildEvent): void {
  switch (event.type) {
    case 'BuildStarted':
      if (!RESTARTS.has(event.source)) started.set(event.build, event);
      return;
    case 'BuildFinished': {
      const start = started.get(event.build);
      if (start === undefined) return;
      ended.set(event.build, deploymentOf(start, event));
      if (event.cause === 'exit') started.delete(event.build); // else a report may still correct it
      return;
    }
    case 'BuildCanceled':
      started.delete(event.build);
      return;
    case 'Pruned':
      for (const build of event.builds) started.delete(build);
      return;
    default:
      assertNever(event);
  }
}

function deploymentOf(start: BuildStarted, end: BuildFinished): Deployment {
  const startedAt = parseTimestamp(start.startedAt) ?? 0;
  return {
    startedAt,
    endedAt: parseTimestamp(end.finishedAt) ?? startedAt,
    succeeded: end.status === 'succeeded',
    revision: end.revision ?? start.revision,
  };
}

/** How changes reached production in some time, of one app or of several. Durations in ms. */
export interface Delivery {
  readonly succeeded: number;
  readonly failed: number;
  /** From the end of the first failure to the end of the next success, for each time that an app was restored. */
  readonly restored: readonly number[];
  /** From commit to deployment, for each commit whose time is known. */
  readonly leadTimes: readonly number[];
}

/** When revisions were committed (ms since the epoch), without those whose time is unknown. */
export type CommitTimes = (revisions: readonly string[]) => ReadonlyMap<string, number>;

/**
 * The delivery of an app by its deployments that started at `since` or later (ms since the epoch). Calls `commitTimes`
 * once, or not at all if no revision was deployed.
 */
export function deliveryOf(
  { ended }: Deployments,
  since = Number.NEGATIVE_INFINITY,
  commitTimes?: CommitTimes,
): Delivery {
  const restored: number[] = [];
  const firstDeployed = new Map<string, Deployment>();
  let [succeeded, failed] = [0, 0];
  let failingSince: number | undefined;
  for (const one of ended.values()) {
    const isCounted = one.startedAt >= since;
    if (one.succeeded) {
      if (failingSince !== undefined && isCounted) restored.push(Math.max(0, one.endedAt - failingSince));
      failingSince = undefined;
      if (one.revision !== undefined && !firstDeployed.has(one.revision)) firstDeployed.set(one.revision, one);
    } else failingSince ??= one.endedAt;
    if (isCounted && one.succeeded) succeeded += 1;
    else if (isCounted) failed += 1;
  }
  const changes = [...firstDeployed].filter(([, { startedAt }]) => startedAt >= since);
  const known = changes.length === 0 ? undefined : commitTimes?.(changes.map(([revision]) => revision));
  const leadTimes = changes.flatMap(([revision, { endedAt }]) => {
    const committedAt = known?.get(revision);
    return committedAt === undefined ? [] : [Math.max(0, endedAt - committedAt)];
  });
  return { succeeded, failed, restored, leadTimes };
}

/** The figures that teams report. Durations in ms; undefined if there is no data. */
export interface DeliveryFigures {
  /** Successful ones. */
  readonly deployments: number;
  readonly perDay: number;
  readonly failed: number;
  /** 0 to 1: those that failed among those that succeeded or failed. */
  readonly failureRate: number | undefined;
  /** How often an app was restored, and the median of how long that took. */
  readonly restored: number;
  readonly timeToRestore: number | undefined;
  /** How many commits have a lead time, and its median. */
  readonly changes: number;
  readonly leadTime: number | undefined;
}

/** The figures of some apps together, over `days` days, at least one. */
export function deliveryFigures(apps: readonly Delivery[], days: number): DeliveryFigures {
  const sum = (of: (delivery: Delivery) => number): number => apps.reduce((total, one) => total + of(one), 0);
  const restored = Float64Array.from(apps.flatMap((one) => one.restored)).sort();
  const leadTimes = Float64Array.from(apps.flatMap((one) => one.leadTimes)).sort();
  const [deployments, failed] = [sum((one) => one.succeeded), sum((one) => one.failed)];
  return {
    deployments,
    perDay: deployments / days,
    failed,
    failureRate: deployments + failed === 0 ? undefined : failed / (deployments + failed),
    restored: restored.length,
    timeToRestore: medianOf(restored),
    changes: leadTimes.length,
    leadTime: medianOf(leadTimes),
  };
}

/** The JSON of it: durations in seconds, null if there is no data. */
export function deliveryJson(figures: DeliveryFigures): object {
  const { deployments, perDay, failed, failureRate, restored, timeToRestore, changes, leadTime } = figures;
  return {
    deployments,
    deployments_per_day: Math.round(perDay * 100) / 100,
    failed_deployments: failed,
    change_failure_rate: failureRate === undefined ? null : Math.round(failureRate * 10_000) / 10_000,
    restored,
    time_to_restore_seconds: seconds(timeToRestore),
    changes,
    lead_time_seconds: seconds(leadTime),
  };
}

/** Whole ms as seconds; null for undefined. */
export function seconds(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms) / 1000;
}
