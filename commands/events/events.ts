import { allowedApps, listApps } from '../../host/dokku/apps';
import type { Host } from '../../host/dokku/environment';
import { Failure, type Warn } from '../../host/failure';
import { type AppName, type BuildId, parseBuildId } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { countRead, showProgress } from '../../host/terminal/progress';
import { appBuilds } from '../../host/dokku/paths';
import { untilStopped } from '../../host/system/untilStopped';
import { eventTypes } from '../../journal/events';
import { adoptIntoJournal } from '../shared/adoptWithProgress';
import { happenedAt, writtenAt } from '../../projections/events/happenedAt';
import { once } from '../../projections/problemWarnings';
import { eventJson } from '../../projections/events/eventView';
import { type AppEvent, type EventSource, eventSource, mergedEvents } from '../../projections/events/mergedEvents';
import { wantedEvents } from '../../projections/events/wantedEvents';
import { eachApp } from '../allApps/eachApp';
import { defineCommand } from '../definition/command';
import {
  aChoice,
  aCount,
  aSwitch,
  anEndTime,
  aTime,
  aValue,
  format,
  maybeApp,
  noColor,
  relative,
} from '../definition/flags';
import { checkInterval } from '../definition/when';
import { viewApp } from '../shared/viewApp';
import { type EventTable, openTable, type Wanted } from './eventTable';

type EventFormat = 'stdout' | 'json' | 'jsonl';

const BUILD_HELP =
  'only events of one build: its id or the beginning of its id; with <app> also last, last-failed or current';

const flags = {
  build: aValue('<build-id>', BUILD_HELP, (text) => parseBuildId(text), { completes: 'build' }),
  type: aChoice(eventTypes, 'only BuildStarted, BuildFinished, BuildCanceled or Pruned', { shown: 'T' }),
  since: aTime('only events at that time or later: a time, a date, or an age such as 2h or 7d'),
  until: anEndTime('only events at that time or earlier'),
  tail: aCount('only the last N of them, and with --follow the new ones'),
  follow: aSwitch('go on with new events until ^C'),
  format: format<EventFormat>(
    ['json', 'jsonl', 'stdout'],
    'a table (the default), one JSON array, or one JSON object a line',
  ),
  relative,
  noColor,
};

export const events = defineCommand({
  description: 'Show the raw history: who did what and when',
  args: { app: maybeApp('the app; without it every app that you may see, merged by time') },
  flags,
  example: 'shop --build last',
  alongside: true,
  async run({ host, output, args: { app }, flags: given, now }) {
    const { follow, format: as } = given;
    checkInterval(given);
    if (follow && as === 'json') throw new Failure('--format json has an end, --follow has none: use --format jsonl');
    const apps = app === undefined ? allowedApps(host, listApps(host)) : [app];
    const printer = await openPrinter(output, as, {
      where: app === undefined ? [{ name: 'App', width: Math.max(3, ...apps.map((one) => one.length)) }] : [],
      colour: !given.noColor,
      relative: given.relative,
      now,
    });
    const unreadable = new Set<AppName>();
    const warn = once(output.warn);
    const count = countRead(app ?? 'all apps', 'events', showProgress());
    let isPrinting = false; // then the rows are the progress
    const onRead = (): void => {
      if (!isPrinting) count();
    };
    const open = (some: readonly AppName[]): EventSource[] =>
      eachApp(output, some, app !== undefined, openSource(host, warn, onRead), (one) => unreadable.add(one));
    const sources = open(apps);
    const build = given.build === undefined ? undefined : await namedBuild(host, warn, apps, given.build);
    const timeOf = as === 'stdout' ? happenedAt : writtenAt;
    const passes = wantedEvents({ ...given, build }, timeOf);
    const printMore = (most?: number): void => {
      const found = mergedEvents(sources, passes, timeOf);
      for (const event of most === undefined ? found : lastOf(found, most)) {
        isPrinting = true;
        printer.print(event);
      }
      printer.pause();
      output.flush();
    };
    printMore(given.tail);
    if (follow) {
      await untilStopped(FOLLOW_MS, () => {
        if (app === undefined) sources.push(...open(newApps(host, sources, unreadable)));
        printMore();
      });
    }
    printer.end();
    return undefined;
  },
});

const FOLLOW_MS = 1000;

/** The last `count` items, at least one. */
function lastOf<T>(items: Iterable<T>, count: number): T[] {
  let last: T[] = [];
  for (const item of items) {
    if (last.length >= 2 * count) last = last.slice(-count);
    last.push(item);
  }
  return last.slice(-count);
}

/** The build that `asked` names. If it names none, it is taken as an id whose events may be still to come. */
async function namedBuild(host: Host, warn: Warn, apps: readonly AppName[], asked: BuildId): Promise<BuildId> {
  const { findNamedId } = await import('../shared/buildArgument');
  const amongs = apps.map((app) => ({ app, ...viewApp(host, { warn }, app) }));
  const named = findNamedId(host, amongs, asked);
  if (named !== undefined) return named;
  const { nearest } = await import('../../host/nearest');
  const meant = nearest(
    asked,
    amongs.flatMap(({ history }) => history.order),
  );
  if (meant !== undefined) warn(`No build ${asked} is known. Did you mean ${meant}?`);
  return asked;
}

interface Printer extends Omit<EventTable, 'print'> {
  print(event: AppEvent): void;
}

async function openPrinter(output: Output, as: EventFormat, wanted: Wanted): Promise<Printer> {
  switch (as) {
    case 'json': {
      let separator = '[';
      return {
        print({ app, recorded }) {
          output.raw(separator + JSON.stringify(eventJson(app, recorded)));
          separator = ',';
        },
        pause: () => undefined,
        end: () => output.line(separator === '[' ? '[]' : ']'),
      };
    }
    case 'jsonl':
      return {
        print: ({ app, recorded }) => output.line(JSON.stringify(eventJson(app, recorded))),
        pause: () => undefined,
        end: () => undefined,
      };
    case 'stdout': {
      const table = await openTable(output, wanted);
      const isOfOne = wanted.where.length === 0;
      return { ...table, print: ({ app, recorded }) => table.print(isOfOne ? [] : [app], recorded) };
    }
  }
}

/** Opens the journal of an app; records that something else wrote become events first. */
function openSource(host: Host, warn: Warn, onRead: () => void): (app: AppName) => EventSource {
  return (app) => {
    const builds = appBuilds(host, app);
    adoptIntoJournal(builds, warn);
    return eventSource({ ...builds, onRead }, warn);
  };
}

/** The apps that the caller may see and that are neither among the `sources` nor `unreadable`. */
function newApps(host: Host, sources: readonly EventSource[], unreadable: ReadonlySet<AppName>): AppName[] {
  const known = new Set(sources.map(({ app }) => app));
  return allowedApps(host, listApps(host)).filter((app) => !known.has(app) && !unreadable.has(app));
}
