import { allowedApps, listApps } from '../../host/dokku/apps';
import { Failure } from '../../host/failure';
import type { AppName } from '../../host/dokku/names';
import { appBuilds, logPath } from '../../host/dokku/paths';
import { DEFAULT_RETENTION, resolveLimit } from '../../host/dokku/retention';
import { tableLines } from '../../host/terminal/table';
import { type Kind, sources } from '../../journal/events';
import { buildsOf } from '../../journal/history';
import { type Pruning, pruningJson, pruningText, readPast } from '../../projections/events/past';
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
} from '../../projections/lists/listView';
import { buildView, displayStatuses } from '../../projections/records/record';
import { type CommandCall, defineCommand } from '../definition/command';
import {
  aChoice,
  aCount,
  aList,
  asOf,
  aSwitch,
  aTime,
  jsonFormat,
  maybeApp,
  noColor,
  oneOf,
  relative,
} from '../definition/flags';
import { checkInterval } from '../definition/when';
import { displayOf } from '../shared/display';
import { allBuilds, unendedBuilds } from '../shared/running';
import { viewApp } from '../shared/viewApp';

const args = { app: maybeApp('the app whose builds are listed; without it all running builds of the host are') };

const flags = {
  format: jsonFormat,
  kind: aChoice<Kind>(['build', 'deploy'], 'only those that build code, or only those that deploy an existing image', {
    emptyIsNone: true,
  }),
  status: aList(
    'S',
    'only those that are running, succeeded, failed, canceled or abandoned; several with commas or several times',
    displayStatuses,
    (text, context) => oneOf(displayStatuses, text, context),
  ),
  source: aList(
    'S',
    'only those from this source, such as git-hook; several likewise',
    Object.keys(sources),
    (text) => text,
  ),
  since: aTime('only those that started then or later'),
  until: aTime('only those that started then or earlier', 'end-of-day'),
  limit: aCount('the maximum number of builds'),
  recent: aSwitch('without an app: the latest builds of the whole host, whatever their status'),
  all: aSwitch('the pruned builds of the app, too, each with when and why it was pruned'),
  asOf,
  relative,
  wide: aSwitch('on a terminal: the process id, the kind and whole times, too'),
  noColor,
};

type Call = CommandCall<typeof args, typeof flags>;

export const list = defineCommand({
  description: 'List running builds or all builds of an app',
  args,
  flags,
  example: 'shop --status failed --since 7d',
  stock: true,
  alongside: true,
  run(call) {
    checkInterval(call.flags);
    return print(call, limited(listingOf(call), call.flags.limit));
  },
});

/** A build in a list; `pruning` says when and why it was pruned. */
export interface Listed extends ListedBuild {
  readonly pruning?: Pruning | undefined;
}

/** A list, and how it is shown. */
export interface Listing {
  readonly builds: readonly Listed[];
  readonly title: string;
  /** Printed if there are no builds. */
  readonly none: string;
  /** Printed below that on a terminal. */
  readonly hint?: string;
  /** Columns of the table if stdout is not a terminal. */
  readonly columns: readonly string[];
  readonly row: (listed: Listed, time: (timestamp: string) => string) => string[];
  /** Further columns on a terminal. */
  readonly shows: { readonly app: boolean; readonly pruned: boolean };
}

function limited(listing: Listing, limit = Number.POSITIVE_INFINITY): Listing {
  return { ...listing, builds: listing.builds.slice(0, limit) };
}

async function print({ host, output, flags: given, now }: Call, listing: Listing): Promise<undefined> {
  const { builds, none, columns, row } = listing;
  const then = given.asOf ?? now;
  if (given.format === 'json') {
    output.raw('[');
    for (const [n, { app, shown, pruning }] of builds.entries()) {
      const view = { ...buildView(app, shown, logPath(host, app, shown.build.id)), ...pruningJson(pruning) };
      output.raw(`${n > 0 ? ',' : ''}${JSON.stringify(view)}`);
    }
    output.line(']');
  } else if (builds.length === 0) {
    output.line(none);
    if (listing.hint !== undefined && output.isTerminal && !host.quiet) output.verbose(listing.hint);
  } else if (output.isTerminal) {
    const { printListOnTerminal } = await import('./listOnTerminal');
    printListOnTerminal(host, output, listing, { ...given, colour: !given.noColor, now: then });
  } else {
    const { time } = await displayOf(given, then);
    // Scripts read it from its first line on.
    for (const line of tableLines(columns, builds, (one) => row(one, time))) output.raw(line);
  }
}

function listingOf(call: Call): Listing {
  const { app } = call.args;
  if (app !== undefined) {
    if (call.flags.recent) throw new Failure('Flag --recent is for the whole host; an app has --limit');
    return call.flags.all ? withPruned(call, app) : ofApp(call, app);
  }
  const { all, asOf: then } = call.flags;
  if (all || then !== undefined) {
    throw new Failure(`Flag --${all ? 'all' : 'as-of'} needs the app whose builds are to be listed`);
  }
  return isAboutEnded(call.flags) ? recent(call) : running(call);
}

/** Whether the flags ask for builds that have ended, too. */
function isAboutEnded({ recent: isRecent, status = [], source, since, until, limit }: Call['flags']): boolean {
  const unended: readonly string[] = ['running', 'abandoned'];
  if ([source, since, until, limit].some((one) => one !== undefined) || isRecent) return true;
  return status.length > 1 || status.some((one) => !unended.includes(one));
}

/** The builds of the host that are running, newest first. */
function running({ host, output, flags: { kind, status = ['running'] }, now }: Call): Listing {
  const filter = { kind, statuses: status };
  const wanted = unendedBuilds(host, output, status.includes('abandoned'), now).filter(({ shown }) =>
    matches(shown, filter),
  );
  const visible = new Set(allowedApps(host, [...new Set(wanted.map(({ app }) => app))]));
  return {
    builds: listOfHost(wanted.filter(({ app }) => visible.has(app))),
    title: 'Currently running builds',
    none: 'No builds currently running',
    hint: 'The latest builds: builds:list --recent',
    columns: hostColumns,
    row: ({ app, shown }, time) => hostRow(app, shown, time),
    shows: { app: true, pruned: false },
  };
}

const RECENT = 20;

/** The builds of the host, newest first. Without a filter, only the latest ones. */
function recent({ host, output, flags: given, now }: Call): Listing {
  const filter = filterOf(given);
  const found = allBuilds(host, output, allowedApps(host, listApps(host)), now).filter(({ shown }) =>
    matches(shown, filter),
  );
  return {
    builds: listOfHost(found).slice(0, given.recent ? (given.limit ?? RECENT) : undefined),
    title: 'Recent builds',
    none: isFiltered(filter) ? 'No builds match' : 'No builds recorded',
    columns: ['App', ...appColumns],
    row: ({ app, shown }, time) => [app, ...appRow(shown, time)],
    shows: { app: true, pruned: false },
  };
}

/** The builds of an app that are on record: the live ones first, then the newest first. */
function ofApp({ host, output, flags: given }: Call, app: AppName): Listing {
  const { history, show } = viewApp(host, output, app, given.asOf);
  const isCut = given.asOf === undefined && given.limit === undefined; // today's retention does not cut the past
  const retention = isCut
    ? (resolveLimit(host, app, 'retention', output.warn) ?? DEFAULT_RETENTION)
    : Number.POSITIVE_INFINITY;
  const listed = listOfApp(buildsOf(history).map(show), filterOf(given), retention);
  return {
    ...appListing(app),
    builds: listed.map((shown) => ({ app, shown })),
    row: ({ shown }, time) => appRow(shown, time),
    shows: { app: false, pruned: false },
  };
}

/** All builds that an app ever had, newest first; pruned ones are marked with when and why. */
function withPruned({ host, output, flags: given }: Call, app: AppName): Listing {
  const { history, show, warn } = viewApp(host, output, app, given.asOf);
  const present = new Set(history.order);
  const builds = readPast(appBuilds(host, app), { until: given.asOf }, warn)
    .map(({ build, pruning }) => ({ app, shown: show(build), pruning: present.has(build.id) ? undefined : pruning }))
    .filter(({ shown }) => matches(shown, filterOf(given)))
    .reverse();
  return {
    ...appListing(app),
    builds,
    columns: [...appColumns, 'Pruned'],
    row: ({ shown, pruning }, time) => [...appRow(shown, time), pruningText(pruning)],
    shows: { app: false, pruned: true },
  };
}

function appListing(app: AppName): Pick<Listing, 'title' | 'none' | 'columns'> {
  return { title: `${app} builds`, none: 'No builds recorded for this app', columns: appColumns };
}

function filterOf({ kind, status, source, since, until }: Call['flags']): ListFilter {
  return { kind, statuses: status, sources: source, since, until };
}

function isFiltered(filter: ListFilter): boolean {
  return Object.values(filter).some((one) => one !== undefined);
}
