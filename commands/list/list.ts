import { requireApp } from '../../host/dokku/apps';
import { parseArguments } from '../../host/arguments';
import type { Call } from '../../host/call';
import type { Host } from '../../host/dokku/environment';
import { Failure, printable } from '../../host/failure';
import type { AppName } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { appBuilds, logPath } from '../../host/dokku/paths';
import { buildsOf } from '../../journal/history';
import { resolveRetention } from '../../host/dokku/properties';
import { appColumns, appRow, type ListFilter, listOfApp, matches } from '../../projections/lists/listView';
import { leftJson, leftText, readPast } from '../../projections/events/past';
import { buildView, displayStatuses } from '../../projections/records/record';
import { listHost } from './listHost';
import { type Look, printTable, readLook } from '../shared/look';
import { type Format, parseFormat, refuseSurplus, takeApp } from '../shared/positionals';
import { viewApp } from '../shared/see';
import { parseWhen } from '../shared/when';

/** `builds:list [<app>] [--format json|stdout] [--kind build|deploy] [--status S] [--all] [--as-of <when>] [--relative] [--no-color]` */
export async function list({ host, output, args }: Call): Promise<undefined> {
  const { positionals, values, switches } = parseArguments(args, {
    format: 'value',
    kind: 'value',
    status: 'value',
    'as-of': 'value',
    all: 'switch',
    relative: 'switch',
    'no-color': 'switch',
  });
  const { app, others } = takeApp(host, positionals);
  refuseSurplus(others, 0);
  const format = parseFormat(values['format']);
  const filter = parseFilter(values['kind'], values['status']);
  const now = Date.now();
  const asOf = parseWhen('as-of', values['as-of'], now);
  const look = await readLook(switches, asOf ?? now);
  if (app !== undefined) {
    const existing = requireApp(host, app);
    if (switches.has('all')) return listPast(host, output, existing, format, filter, asOf, look);
    return listApp(host, output, existing, format, filter, asOf, look);
  }
  const flag = switches.has('all') ? 'all' : 'as-of';
  if (asOf !== undefined || switches.has('all'))
    throw new Failure(`Flag --${flag} needs the app whose builds are to be listed`);
  return listHost(host, output, format, filter, look);
}

function parseFilter(kind: string | undefined, status: string | undefined): ListFilter {
  if (kind !== undefined && kind !== 'build' && kind !== 'deploy') {
    throw new Failure(`Invalid --kind value "${printable(kind)}" (allowed: build, deploy)`);
  }
  const displayStatus = displayStatuses.find((one) => one === status);
  if (status !== undefined && displayStatus === undefined) {
    throw new Failure(`Invalid --status value "${printable(status)}" (allowed: ${displayStatuses.join(', ')})`);
  }
  return { ...(kind && { kind }), ...(displayStatus && { status: displayStatus }) };
}

async function listApp(
  host: Host,
  output: Output,
  app: AppName,
  format: Format,
  filter: ListFilter,
  asOf: number | undefined,
  look: Look,
): Promise<undefined> {
  const { history, see } = viewApp(host, output, app, asOf);
  const retention = resolveRetention(host, app, output.warn);
  const listed = listOfApp(buildsOf(history).map(see), filter, retention);
  if (format === 'json') {
    output.line(JSON.stringify(listed.map((seen) => buildView(app, seen, logPath(host, app, seen.build.id)))));
  } else if (listed.length === 0) {
    output.line('No builds recorded for this app');
  } else {
    await printTable(
      output,
      `${app} builds`,
      appColumns,
      listed.map((seen) => appRow(seen, look.time)),
      look,
    );
  }
}

/** The same with the builds that have left, newest first, each marked with when it did. */
async function listPast(
  host: Host,
  output: Output,
  app: AppName,
  format: Format,
  filter: ListFilter,
  asOf: number | undefined,
  look: Look,
): Promise<undefined> {
  const { history, see, warn } = viewApp(host, output, app, asOf);
  const present = new Set(buildsOf(history).map((build) => build.id));
  const past = readPast(appBuilds(host, app), { until: asOf }, warn)
    .map((one) => (present.has(one.build.id) ? { build: one.build } : one))
    .map(({ build, left }) => ({ seen: see(build), left }))
    .filter(({ seen }) => matches(seen, filter))
    .reverse();
  if (format === 'json') {
    const views = past.map(({ seen, left }) => ({
      ...buildView(app, seen, logPath(host, app, seen.build.id)),
      ...leftJson(left),
    }));
    output.line(JSON.stringify(views));
  } else if (past.length === 0) {
    output.line('No builds recorded for this app');
  } else {
    await printTable(
      output,
      `${app} builds`,
      [...appColumns, 'Pruned'],
      past.map(({ seen, left }) => [...appRow(seen, look.time), leftText(left)]),
      look,
    );
  }
}
