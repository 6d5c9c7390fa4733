import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { appBuilds, logPath } from '../../host/dokku/paths';
import { reasonOf, type Warn } from '../../host/failure';
import { listDirectory } from '../../host/files/files';
import type { System } from '../../host/system/system';
import { readMask } from '../../host/secrets/readMask';
import type { Mask } from '../../host/secrets/mask';
import { readTail } from '../../host/files/tail';
import { buildsOf, findBuild } from '../../journal/history';
import { problemWarner, once, warnOfProblems } from '../problemWarnings';
import { adoptRecords } from '../records/adoptRecords';
import { asShown } from '../records/record';
import { recordedIds } from '../records/recordFiles';
import { addEnds, type EndsByHour, sumOf } from './ends';
import type { PageSource } from './page';
import type { PageApp } from './pageApp';
import { type PageLog, readPageLog } from './pageLog';
import { type PageHistory, readPageHistory } from './pageHistory';

/** Where and when a page is read, and where warnings go. */
export interface PageContext {
  readonly host: Host;
  readonly system: System;
  readonly warn: Warn;
  /** Called for each event that is read of `app`. */
  readonly onRead?: (app: AppName) => void;
}

/** The content of a page, without the name of the host. */
type PageContent = Omit<PageSource, 'host'>;

/** How many ends are counted and drawn for each app. */
const OUTCOMES = { one: 500, each: 60 };

/** The page of one app. Throws what cannot be read. */
export function readAppPage(context: PageContext, app: AppName): PageContent {
  const ends: EndsByHour = new Map();
  return { ...contentOf(context), single: true, ends, apps: [readApp(context, app, OUTCOMES.one, ends)] };
}

/** The page of several apps. An app that cannot be read is left out, with a warning. `done` is called after each. */
export function readHostPage(context: PageContext, apps: readonly AppName[], done?: () => void): PageContent {
  const ends: EndsByHour = new Map();
  const read = apps.flatMap((app) => {
    try {
      return readApp(context, app, OUTCOMES.each, ends);
    } catch (error) {
      context.warn(`${app}: ${reasonOf(error)}`);
      return [];
    } finally {
      done?.();
    }
  });
  return { ...contentOf(context), single: false, ends, apps: read };
}

function contentOf({ host, system }: PageContext): Pick<PageContent, 'now' | 'log'> {
  const masks = new Map<AppName, Mask | string>();
  const maskFor = (app: AppName): Mask | string => {
    const mask = masks.get(app) ?? readMask(host, app);
    masks.set(app, mask);
    return mask;
  };
  return {
    now: system.now(),
    log: (app, build, limit) =>
      build.logPruned ? LOG_PRUNED : readLog(logPath(host, app, build.id), limit, maskFor(app)),
  };
}

const LOG_PRUNED = 'The log was pruned (log-retention), and the record stays';

function readLog(path: string, limit: number, mask: Mask | string): PageLog {
  try {
    const tail = readTail(path, limit);
    if (tail === undefined) return undefined;
    return typeof mask === 'string' ? mask : readPageLog(tail, mask);
  } catch (error) {
    return `The log cannot be read: ${reasonOf(error)}`;
  }
}

/** Reads an app, and adds its ends to `all`. */
function readApp(context: PageContext, app: AppName, most: number, all: EndsByHour): PageApp {
  const { history, events, outcomes, ends } = readHistory(context, app, most);
  addEnds(all, ends);
  const now = context.system.now();
  const builds = buildsOf(history).map((build) =>
    asShown(build, now, ({ process }) => context.system.isAlive(process)),
  );
  return { app, builds: builds.reverse(), events, outcomes, total: sumOf(ends.values()) };
}

/**
 * Reads the journal. If the directory holds records that are not in the journal, they are adopted, and the journal is
 * read again.
 */
function readHistory({ host, system, warn, onRead }: PageContext, app: AppName, most: number): PageHistory {
  const builds = appBuilds(host, app);
  const readOne = (): PageHistory => readPageHistory(builds.directory, most, onRead && (() => onRead(app)));
  const read = readOne();
  const isComplete =
    buildsOf(read.history).every(({ status }) => status !== 'running') &&
    !host.alongside &&
    recordedIds(listDirectory(builds.directory)).every((id) => findBuild(read.history, id) !== undefined);
  if (isComplete) {
    warnOfProblems(builds, read.problems, warn);
    return read;
  }
  const warnOnce = once(warn);
  const { history } = adoptRecords(builds, system, warnOnce).loaded;
  const again = readOne();
  again.problems.forEach(problemWarner(builds, warnOnce));
  // If the journal cannot be written, the records were adopted in memory only.
  return again.history.order.length < history.order.length ? { ...again, history } : again;
}
