import { parseTimestamp, toWholeSeconds } from '../../host/durations';
import type { AppName } from '../../host/dokku/names';
import type { Kind } from '../../journal/events';
import type { DisplayStatus, ShownBuild } from '../records/record';

/**
 * A filter for builds. An absent field filters nothing. Times are ms since the epoch, and apply to the start of a
 * build.
 */
export interface ListFilter {
  readonly kind?: Kind | undefined;
  readonly statuses?: readonly DisplayStatus[] | undefined;
  readonly sources?: readonly string[] | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/**
 * The builds of one app, given oldest first, as `builds:list <app>` shows them: live ones first, then the newest
 * first. Unfiltered it ends after the live ones and `retention` more.
 */
export function listOfApp(shown: readonly ShownBuild[], filter: ListFilter, retention: number): ShownBuild[] {
  const newestFirst = shown.toReversed();
  const live = newestFirst.filter(isLive);
  const listed = [...live, ...newestFirst.filter((one) => !isLive(one))];
  if (Object.values(filter).every((one) => one === undefined)) return listed.slice(0, live.length + retention);
  return listed.filter((one) => matches(one, filter));
}

/** A build in a list of several apps. */
export interface ListedBuild {
  readonly app: AppName;
  readonly shown: ShownBuild;
}

/**
 * The builds of several apps, those of each given oldest first, as lists of the host show them: the newest first.
 * Within an app the order is that of the journal. If the clock was set back, a build counts as begun no earlier than
 * the builds before it.
 */
export function listOfHost(listed: readonly ListedBuild[]): ListedBuild[] {
  const latest = new Map<AppName, number>();
  const timed = listed.map((one) => {
    const time = Math.max(latest.get(one.app) ?? 0, parseTimestamp(one.shown.build.startedAt) ?? 0);
    latest.set(one.app, time);
    return { one, time };
  });
  const sorted = timed.reverse().sort((a, b) => b.time - a.time); // those of the same time stay reversed
  return sorted.map(({ one }) => one);
}

/** Whether `shown` is one of the builds that `filter` asks for. */
export function matches(shown: ShownBuild, filter: ListFilter): boolean {
  const { kind, statuses, sources, since, until } = filter;
  if (kind !== undefined && shown.build.kind !== kind) return false;
  if (statuses !== undefined && !statuses.includes(shown.displayStatus)) return false;
  if (sources !== undefined && !sources.includes(shown.build.source)) return false;
  if (since === undefined && until === undefined) return true;
  const started = parseTimestamp(shown.build.startedAt) ?? 0;
  return started >= (since ?? started) && started <= (until ?? started);
}

function isLive(shown: ShownBuild): boolean {
  return shown.displayStatus === 'running';
}

/** Column names of the table for one app. */
export const appColumns = ['Build ID', 'Kind', 'Status', 'PID', 'Source', 'Started', 'Duration'];

/** One row of it. `time` is the text for a time of the record. */
export function appRow({ build, displayStatus, duration }: ShownBuild, time = toWholeSeconds): string[] {
  const { id, kind, process, source, startedAt } = build;
  return [id, kind, displayStatus, String(process.pid), source, time(startedAt), duration];
}

/** Column names of the table for the whole host. */
export const hostColumns = ['App', 'Build ID', 'Kind', 'PID', 'Source', 'Started'];

/** One row of it. */
export function hostRow(app: AppName, { build }: ShownBuild, time = toWholeSeconds): string[] {
  return [app, build.id, build.kind, String(build.process.pid), build.source, time(build.startedAt)];
}
