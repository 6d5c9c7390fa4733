import { allowedApps, listApps, requireApp } from '../host/dokku/apps';
import { parseArguments } from '../host/arguments';
import type { Call } from '../host/call';
import type { Host } from '../host/dokku/environment';
import { Failure, printable } from '../host/failure';
import { type AppName, type BuildId, parseBuildId } from '../host/dokku/names';
import type { Output } from '../host/terminal/output';
import { appBuilds } from '../host/dokku/paths';
import { untilStopped } from '../host/system/untilStopped';
import { type BuildEvent, buildsNamed, eventTypes, type Recorded } from '../journal/events';
import { adoptRecords } from '../projections/records/adoptRecords';
import { thisSystem } from '../host/system/system';
import { once, type Warn } from '../projections/problemWarnings';
import { eventColumns, eventJson, eventRow } from '../projections/events/eventView';
import { type EventSource, eventSource, mergedEvents } from '../projections/events/mergedEvents';
import { refuseSurplus, takeApp } from './shared/positionals';
import { viewApp } from './shared/see';
import { eachApp } from './allApps/eachApp';
import { parseWhen } from './shared/when';

/**
 * `builds:events [<app>] [--build <build-id>] [--type <type>] [--since <when>] [--until <when>] [--follow]
 * [--format stdout|json|jsonl]`
 */
export async function events({ host, output, args }: Call): Promise<undefined> {
  const { positionals, values, switches } = parseArguments(args, {
    build: 'value',
    type: 'value',
    since: 'value',
    until: 'value',
    format: 'value',
    follow: 'switch',
  });
  const { app, others } = takeApp(host, positionals);
  refuseSurplus(others, 0);
  const filter = parseFilter(values);
  const format = parseEventFormat(values['format']);
  const following = switches.has('follow');
  if (following && format === 'json')
    throw new Failure('--format json has an end, --follow has none: use --format jsonl');
  const apps = app === undefined ? allowedApps(host, listApps(host)) : [requireApp(host, app)];
  const printer = openPrinter(output, format, app === undefined ? apps : undefined);
  const unreadable = new Set<AppName>();
  const warn = once(output.warn);
  const open = (some: readonly AppName[]): EventSource[] =>
    eachApp(output, some, app !== undefined, openSource(host, warn), (one) => unreadable.add(one));
  const sources = open(apps);
  if (filter.build !== undefined) filter.build = await namedBuild(host, warn, apps, filter.build);
  const printMore = (): void => {
    for (const { app: from, recorded } of mergedEvents(sources, (one) => passes(one, filter)))
      printer.print(from, recorded);
    output.flush();
  };
  printMore();
  if (following) {
    await untilStopped(FOLLOW_MS, () => {
      if (app === undefined) sources.push(...open(newApps(host, sources, unreadable)));
      printMore();
    });
  }
  printer.end();
}

const FOLLOW_MS = 1000;

interface Filter {
  build?: BuildId;
  readonly type?: BuildEvent['type'];
  readonly since?: number;
  readonly until?: number;
}

function parseFilter(values: Partial<Record<string, string>>): Filter {
  const now = Date.now();
  const type = eventTypes.find((one) => one === values['type']);
  if (values['type'] !== undefined && type === undefined) {
    throw new Failure(`Invalid --type value "${printable(values['type'])}" (allowed: ${eventTypes.join(', ')})`);
  }
  const since = parseWhen('since', values['since'], now);
  const until = parseWhen('until', values['until'], now);
  return {
    ...(values['build'] !== undefined && { build: parseBuildId(values['build']) }),
    ...(type !== undefined && { type }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

/** The build that is meant; what names none is taken as it is: its events may be still to come. */
async function namedBuild(host: Host, warn: Warn, apps: readonly AppName[], asked: BuildId): Promise<BuildId> {
  const { findNamedId } = await import('./shared/buildArgument');
  const amongs = apps.map((app) => ({ app, ...viewApp(host, { warn }, app) }));
  const named = findNamedId(host, amongs, asked);
  if (named !== undefined) return named;
  const { nearest } = await import('../host/nearest');
  const meant = nearest(
    asked,
    amongs.flatMap(({ history }) => history.order),
  );
  if (meant !== undefined) warn(`No build ${asked} is known. Did you mean ${meant}?`);
  return asked;
}

function passes({ at, event }: Recorded, { build, type, since, until }: Filter): boolean {
  if (since !== undefined && at < since) return false;
  if (until !== undefined && at > until) return false;
  if (type !== undefined && event.type !== type) return false;
  return build === undefined || buildsNamed(event).includes(build);
}

type EventFormat = 'stdout' | 'json' | 'jsonl';

function parseEventFormat(value = 'stdout'): EventFormat {
  if (value === 'stdout' || value === 'json' || value === 'jsonl') return value;
  throw new Failure('Invalid format specified, supported formats: json, jsonl, stdout');
}

interface Printer {
  print(app: AppName, recorded: Recorded): void;
  end(): void;
}

function openPrinter(output: Output, format: EventFormat, apps: readonly AppName[] | undefined): Printer {
  switch (format) {
    case 'json': {
      let separator = '[';
      return {
        print(app, recorded) {
          output.raw(separator + JSON.stringify(eventJson(app, recorded)));
          separator = ',';
        },
        end: () => output.line(separator === '[' ? '[]' : ']'),
      };
    }
    case 'jsonl':
      return { print: (app, recorded) => output.line(JSON.stringify(eventJson(app, recorded))), end: () => undefined };
    case 'stdout':
      return openTable(output, apps);
  }
}

/** Rows come one by one, so widths are fixed: those that nearly everything fits. */
const WIDTHS = [20, 5, 13, 14];

function openTable(output: Output, apps: readonly AppName[] | undefined): Printer {
  const appWidth = apps && Math.max(3, ...apps.map((app) => app.length));
  const printRow = (app: string, cells: readonly string[]): void => {
    const padded = cells.map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0));
    output.line([...(appWidth === undefined ? [] : [app.padEnd(appWidth)]), ...padded].join('  ').trimEnd());
  };
  let begun = false;
  return {
    print(app, recorded) {
      if (!begun) printRow('App', eventColumns);
      begun = true;
      printRow(app, eventRow(recorded));
    },
    end() {
      if (!begun) output.line('No events recorded');
    },
  };
}

/** Opens the journal of an app; records that something else wrote become events first. */
function openSource(host: Host, warn: Warn): (app: AppName) => EventSource {
  return (app) => {
    const builds = appBuilds(host, app);
    adoptRecords(builds, thisSystem, warn).loaded;
    return eventSource(builds, warn);
  };
}

/** The apps that the caller may see, and whose journals are not among `sources` yet; but for the `unreadable`. */
function newApps(host: Host, sources: readonly EventSource[], unreadable: ReadonlySet<AppName>): AppName[] {
  const known = new Set(sources.map(({ app }) => app));
  return allowedApps(host, listApps(host)).filter((app) => !known.has(app) && !unreadable.has(app));
}
