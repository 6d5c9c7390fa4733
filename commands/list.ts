import { allowedApps } from '../host/dokku/apps';
import { Failure } from '../host/failure';
import type { AppName } from '../host/dokku/names';
import { buildsOf } from '../journal/history';
import { appBuilds, logPath } from '../host/dokku/paths';
import { resolveRetention } from '../host/dokku/properties';
import type { Kind } from '../journal/events';
import { type Left, leftJson, leftText, readPast } from '../projections/events/past';
import {
  appColumns,
  appRow,
  hostColumns,
  hostRow,
  type ListedBuild,
  type ListFilter,
  listOfApp,
  listOfHost,
  matches,
} from '../projections/lists/listView';
import { buildView, displayStatuses } from '../projections/records/record';
import { type CommandCall, defineCommand } from './definition/command';
import { aChoice, asOf, aSwitch, jsonFormat, maybeApp, noColor, relative } from './definition/flags';
import { displayOf, printTable } from './shared/display';
import { unendedBuilds } from './shared/running';
import { viewApp } from './shared/see';

const args = { app: maybeApp('the app whose builds are listed; without it all running builds of the host are') };

const flags = {
  format: jsonFormat,
  kind: aChoice<Kind>(['build', 'deploy'], 'only those that build code, or only those that deploy what is built', {
    emptyIsNone: true,
  }),
  status: aChoice(displayStatuses, 'only those that are running, succeeded, failed, canceled or abandoned', {
    shown: 'S',
    emptyIsNone: true,
  }),
  all: aSwitch('the pruned builds of the app, too, each with when and why it was pruned'),
  asOf,
  relative,
  noColor,
};

type Call = CommandCall<typeof args, typeof flags>;

export const list = defineCommand({
  description: 'List running builds or all builds of an app',
  args,
  flags,
  example: 'shop --status failed --relative',
  stock: true,
  alongside: true,
  run: (call) => print(call, listingOf(call)),
});

/** A build in a list; `left` says when and why it was pruned. */
interface Listed extends ListedBuild {
  readonly left?: Left | undefined;
}

/** What is listed, and how it is shown. */
interface Listing {
  readonly builds: readonly Listed[];
  readonly title: string;
  /** What is printed if there is none. */
  readonly none: string;
  readonly columns: readonly string[];
  row(listed: Listed, time: (timestamp: string) => string): string[];
}

function listingOf(call: Call): Listing {
  const { app } = call.args;
  if (app === undefined) return ofHost(call);
  return call.flags.all ? withPruned(call, app) : ofApp(call, app);
}

async function print({ host, output, flags: given, now }: Call, listing: Listing): Promise<undefined> {
  const { builds, title, none, columns } = listing;
  if (given.format === 'json') {
    const views = builds.map(({ app, seen, left }) => ({
      ...buildView(app, seen, logPath(host, app, seen.build.id)),
      ...leftJson(left),
    }));
    output.line(JSON.stringify(views));
  } else if (builds.length === 0) {
    output.line(none);
  } else {
    const display = await displayOf(given, given.asOf ?? now);
    await printTable(output, { title, columns, rows: builds.map((one) => listing.row(one, display.time)) }, display);
  }
}

/** The builds of the host that are running, newest first. */
function ofHost({ host, output, flags: { all, asOf: then, kind, status = 'running' }, now }: Call): Listing {
  if (all || then !== undefined) {
    throw new Failure(`Flag --${all ? 'all' : 'as-of'} needs the app whose builds are to be listed`);
  }
  const unended = unendedBuilds(host, output, status === 'abandoned', now);
  const wanted = unended.filter(({ seen }) => matches(seen, filterOf({ kind, status })));
  const visible = new Set(allowedApps(host, [...new Set(wanted.map(({ app }) => app))]));
  return {
    builds: listOfHost(wanted.filter(({ app }) => visible.has(app))),
    title: 'Currently running builds',
    none: 'No builds currently running',
    columns: hostColumns,
    row: ({ app, seen }, time) => hostRow(app, seen, time),
  };
}

const appListing = (app: AppName) =>
  ({ title: `${app} builds`, none: 'No builds recorded for this app', columns: appColumns }) as const;

/** The builds of an app that are on record: the live ones first, then the newest first. */
function ofApp({ host, output, flags: { asOf: then, ...filter } }: Call, app: AppName): Listing {
  const { history, see } = viewApp(host, output, app, then);
  const retention = resolveRetention(host, app, output.warn);
  const listed = listOfApp(buildsOf(history).map(see), filterOf(filter), retention);
  return {
    ...appListing(app),
    builds: listed.map((seen) => ({ app, seen })),
    row: ({ seen }, time) => appRow(seen, time),
  };
}

/** All builds that an app ever had, newest first; pruned ones are marked with when and why. */
function withPruned({ host, output, flags: { asOf: then, ...filter } }: Call, app: AppName): Listing {
  const { history, see, warn } = viewApp(host, output, app, then);
  const present = new Set(buildsOf(history).map((build) => build.id));
  const builds = readPast(appBuilds(host, app), { until: then }, warn)
    .map(({ build, left }) => ({ app, seen: see(build), left: present.has(build.id) ? undefined : left }))
    .filter(({ seen }) => matches(seen, filterOf(filter)))
    .reverse();
  return {
    ...appListing(app),
    builds,
    columns: [...appColumns, 'Pruned'],
    row: ({ seen, left }, time) => [...appRow(seen, time), leftText(left)],
  };
}

function filterOf({ kind, status }: Pick<Call['flags'], 'kind' | 'status'>): ListFilter {
  return { ...(kind && { kind }), ...(status && { status }) };
}
