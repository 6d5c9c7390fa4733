import type { Call } from '../host/call';
import { allowedApps, appExists, listApps, requireApp } from '../host/apps';
import { parseArguments } from '../host/arguments';
import { parseTimestamp } from '../host/durations';
import type { Host } from '../host/environment';
import { Failure, printable } from '../host/failure';
import type { AppName } from '../host/names';
import type { Output } from '../host/output';
import { appBuilds, buildsRoot, logPath } from '../host/paths';
import { resolveRetention } from '../host/properties';
import { formatTable } from '../host/table';
import type { Kind } from '../journal/events';
import { findBuild } from '../journal/history';
import { catchUp } from '../projections/catchUp';
import { appColumns, appRow, hostColumns, hostRow, type ListFilter, listOfApp, matches } from '../projections/listView';
import { loadHistory } from '../projections/loadHistory';
import { buildView, displayStatuses, type SeenBuild } from '../projections/record';
import { type MayRun, readRunning, rebuildRunning } from '../projections/runningView';
import { type Format, parseFormat, refuseSurplus, takeApp } from './positionals';
import { see } from './see';

/** `builds:list [<app>] [--format json|stdout] [--kind build|deploy] [--status S]` */
export function list({ host, output, args }: Call): undefined {
  const { positionals, values } = parseArguments(args, { format: 'value', kind: 'value', status: 'value' });
  const { app, others } = takeApp(host, positionals);
  refuseSurplus(others, 0);
  const format = parseFormat(values['format']);
  const filter = parseFilter(values['kind'], values['status']);
  if (app === undefined) listHost(host, output, format, filter);
  else listApp(host, output, requireApp(host, app), format, filter);
}

function parseFilter(kind: string | undefined, status: string | undefined): ListFilter {
  if (kind !== undefined && kind !== 'build' && kind !== 'deploy') {
    throw new Failure(`Invalid --kind value "${printable(kind)}" (allowed: build, deploy)`);
  }
  const displayStatus = displayStatuses.find((one) => one === status);
  if (status !== undefined && displayStatus === undefined) {
    throw new Failure(`Invalid --status value "${printable(status)}" (allowed: ${displayStatuses.join(', ')})`);
  }
  return { ...(kind && { kind: kind satisfies Kind }), ...(displayStatus && { status: displayStatus }) };
}

function listApp(host: Host, output: Output, app: AppName, format: Format, filter: ListFilter): void {
  const now = Date.now();
  const { history } = catchUp(appBuilds(host, app), now, output.warn);
  const retention = resolveRetention(host, app, output.warn);
  const listed = listOfApp(see(history.builds, now), filter, retention);
  if (format === 'json') {
    output.line(JSON.stringify(listed.map((seen) => buildView(app, seen, logPath(host, app, seen.build.id)))));
  } else if (listed.length === 0) {
    output.line('No builds recorded for this app');
  } else {
    output.viewTitle(`${app} builds`);
    output.raw(formatTable(appColumns, listed.map(appRow)));
  }
}

interface RunningBuild {
  readonly app: AppName;
  readonly seen: SeenBuild;
}

function listHost(host: Host, output: Output, format: Format, filter: ListFilter): void {
  const wanted = { status: 'running', ...filter } as const;
  const running = runningBuilds(host, output).filter(({ seen }) => matches(seen, wanted));
  const visible = new Set(allowedApps(host, [...new Set(running.map(({ app }) => app))]));
  const listed = running.filter(({ app }) => visible.has(app)).sort((a, b) => startOf(b) - startOf(a));
  if (format === 'json') {
    output.line(JSON.stringify(listed.map(({ app, seen }) => buildView(app, seen, logPath(host, app, seen.build.id)))));
  } else if (listed.length === 0) {
    output.line('No builds currently running');
  } else {
    output.viewTitle('Currently running builds');
    output.raw(
      formatTable(
        hostColumns,
        listed.map(({ app, seen }) => hostRow(app, seen)),
      ),
    );
  }
}

function startOf({ seen }: RunningBuild): number {
  return parseTimestamp(seen.build.startedAt) ?? 0;
}

/** The builds of the host that no event says have ended, of apps that exist; live and abandoned ones. */
function runningBuilds(host: Host, output: Output): RunningBuild[] {
  const entries = readRunning(buildsRoot(host)) ?? findRunning(host, output);
  const now = Date.now();
  return [...new Set(entries.map(({ app }) => app))]
    .filter((app) => appExists(host, app))
    .flatMap((app) => {
      const { builds } = loadHistory(appBuilds(host, app).directory).history;
      return see(builds.filter(isRunning), now).map((seen) => ({ app, seen }));
    });
}

/** Looks into every app, and stores what it finds for the next time, where this user may. */
function findRunning(host: Host, output: Output): MayRun[] {
  const now = Date.now();
  const histories = new Map(
    listApps(host).map((app) => [app, catchUp(appBuilds(host, app), now, output.warn).history] as const),
  );
  const running = [...histories].flatMap(([app, { builds }]) =>
    builds.filter(isRunning).map((build) => ({ app, build: build.id })),
  );
  try {
    rebuildRunning(buildsRoot(host), running, ({ app, build }) => {
      const history = histories.get(app);
      const known = history && findBuild(history, build);
      return history === undefined ? !appExists(host, app) : known !== undefined && !isRunning(known);
    });
  } catch {
    // a shortcut that could not be stored costs the next reader time, nothing else
  }
  return running;
}

function isRunning(build: { readonly status: string }): boolean {
  return build.status === 'running';
}
