import { allowedApps, listApps } from '../../host/dokku/apps';
import { Failure } from '../../host/failure';
import type { AppName } from '../../host/dokku/names';
import { readingApp } from '../shared/readingApp';
import { DEFAULT_RETENTION, resolveLimit } from '../../host/dokku/retention';
import { buildsOf } from '../../journal/history';
import { type Pruning, pruningText, readPast } from '../../projections/events/past';
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
import { allBuilds, unendedBuilds } from '../shared/running';
import { warnOfNotAdopted } from '../../projections/records/adoptRecords';
import { viewApp } from '../shared/viewApp';
import type { Call } from './list';

/** A build in a list; `pruning` says when and why it was pruned. */
export interface Listed extends ListedBuild {
  readonly pruning?: Pruning | undefined;
}

/** A list, and how it is shown. */
export interface Listing {
  /** Iterated over more than once. */
  readonly builds: Iterable<Listed>;
  readonly title: string;
  /** What is printed if there are no builds. */
  readonly none: () => string;
  /** Printed below that on a terminal. */
  readonly hint?: string;
  /** Columns of the table if stdout is not a terminal. */
  readonly columns: readonly string[];
  readonly row: (listed: Listed, time: (timestamp: string) => string) => string[];
  /** Further columns on a terminal. */
  readonly shows: { readonly app: boolean; readonly pruned: boolean };
}

/** What is listed for a call. */
export function listingOf(call: Call): Listing {
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
function running(call: Call): Listing {
  const { host, output, flags, now } = call;
  const { kind, status = ['running'] } = flags;
  const filter = { kind, statuses: status };
  const wanted = unendedBuilds(host, output, status.includes('abandoned'), now).filter(({ shown }) =>
    matches(shown, filter),
  );
  const visible = new Set(allowedApps(host, [...new Set(wanted.map(({ app }) => app))]));
  return {
    builds: listOfHost(wanted.filter(({ app }) => visible.has(app))),
    title: 'Currently running builds',
    none: () => (isNoAnswer(call) ? 'No builds match' : NOTHING_RUNS),
    hint: `The latest builds: builds:list --recent${kind === undefined ? '' : ` --kind ${kind}`}`,
    columns: hostColumns,
    row: ({ app, shown }, time) => hostRow(app, shown, time),
    shows: { app: true, pruned: false },
  };
}

const NOTHING_RUNS = 'No builds currently running';

/**
 * Whether a filter needs another answer than {@link NOTHING_RUNS}. Scripts know these words of the stock plugin, so
 * they stay unless stdout is a terminal or the host has failures. Prints no warnings: the list has printed its own.
 */
function isNoAnswer({ host, output, flags: { kind, status = ['running'] }, now }: Call): boolean {
  if (kind === undefined && !status.includes('abandoned')) return false;
  const silent = { ...output, warn: () => undefined };
  return output.isTerminal || visibleBuilds(host, silent, now).some(({ shown }) => shown.displayStatus === 'failed');
}

function visibleBuilds(host: Call['host'], output: Call['output'], now: number): ListedBuild[] {
  return allBuilds(host, output, allowedApps(host, listApps(host)), now);
}

const RECENT = 20;

/** The builds of the host, newest first. Without a filter, only the latest ones. */
function recent({ host, output, flags: given, now }: Call): Listing {
  const filter = filterOf(given);
  const found = visibleBuilds(host, output, now).filter(({ shown }) => matches(shown, filter));
  return {
    builds: listOfHost(found).slice(0, given.recent ? (given.limit ?? RECENT) : undefined),
    title: 'Recent builds',
    none: () => (isFiltered(filter) ? 'No builds match' : 'No builds recorded'),
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
    ...appListing(app, given, output),
    builds: listed.map((shown) => ({ app, shown })),
    row: ({ shown }, time) => appRow(shown, time),
    shows: { app: false, pruned: false },
  };
}

/** All builds that an app ever had, newest first; pruned ones are marked with when and why. */
function withPruned({ host, output, flags: given }: Call, app: AppName): Listing {
  const { history, show, notWritten, warn } = viewApp(host, output, app, given.asOf);
  const present = new Set(history.order);
  const builds = readingApp(host, app);
  warnOfNotAdopted(builds, { notWritten }, warn);
  const past = readPast(builds, given.asOf, warn);
  const filter = filterOf(given);
  return {
    ...appListing(app, given, output),
    builds: {
      *[Symbol.iterator]() {
        for (const { build, pruning } of past) {
          const shown = show(build);
          if (!matches(shown, filter)) continue;
          yield { app, shown, ...(pruning && !present.has(build.id) && { pruning }) };
        }
      },
    },
    columns: [...appColumns, 'Pruned'],
    row: ({ shown, pruning }, time) => [...appRow(shown, time), pruningText(pruning)],
    shows: { app: false, pruned: true },
  };
}

function appListing(
  app: AppName,
  given: Call['flags'],
  { isTerminal }: Call['output'],
): Pick<Listing, 'title' | 'none' | 'columns'> {
  const { kind, statuses, ...others } = filterOf(given);
  // Scripts know the text for the filters that the stock plugin has, too.
  const isChosen = isFiltered(isTerminal ? { kind, statuses, ...others } : others);
  const none = isChosen ? 'No builds match' : 'No builds recorded for this app';
  return { title: `${app} builds`, none: () => none, columns: appColumns };
}

function filterOf({ kind, status, source, since, until }: Call['flags']): ListFilter {
  return { kind, statuses: status, sources: source, since, until };
}

function isFiltered(filter: ListFilter): boolean {
  return Object.values(filter).some((one) => one !== undefined);
}
