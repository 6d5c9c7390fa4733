import type { AppName, BuildId } from '../../host/dokku/names';
import { failingBuild, type PageApp } from './pageApp';

/** How much a page says of each app and build, so that a page of 1,000 apps stays below 2 MB. */
export interface PageRoom {
  /** Rows of builds for each app. */
  readonly rows: number;
  /** Bytes of a log that are read, and columns of it that are shown. */
  readonly logBytes: number;
  readonly logLimit: number;
  /** Whether the log of a build is shown. */
  readonly isDetailed: (app: AppName, build: BuildId) => boolean;
}

const ROW_BYTES = 230;
const DETAIL_BYTES = 400; // around a log; on the page of one app, with events and record, 1200
const SINGLE_DETAIL_BYTES = 1200;
/** Together, on a page of all apps. */
const ALL_ROWS = 450_000;
const ALL_DETAILS = 350_000;
/** On the page of one app. */
const SINGLE_DETAILS = 3_000_000;
const LOG = { least: 600, most: 24_000 };
const READ_BYTES = { least: 16 * 1024, most: 128 * 1024 };
const MANY_APPS = 200;

/**
 * Room for `apps`, failing ones first. The builds that failed last get theirs first, then the newest of each app, and
 * so on.
 */
export function roomOf(apps: readonly PageApp[], single: boolean): PageRoom {
  const builds = apps.reduce((sum, page) => sum + page.builds.length, 0);
  const rows = single ? builds : Math.max(2, Math.floor(ALL_ROWS / ROW_BYTES / Math.max(1, apps.length)));
  const [all, around] = single ? [SINGLE_DETAILS, SINGLE_DETAIL_BYTES] : [ALL_DETAILS, DETAIL_BYTES];
  const most = single ? builds : apps.reduce((sum, page) => sum + Math.min(rows, page.builds.length), 0);
  const logLimit = Math.round(Math.min(LOG.most, Math.max(LOG.least, all / Math.max(1, most) - around)));
  const detailed = new Set(byImportance(apps, rows).slice(0, Math.floor(all / (logLimit + around)) + 1));
  return {
    rows,
    logLimit,
    logBytes: apps.length > MANY_APPS ? READ_BYTES.least : READ_BYTES.most,
    isDetailed: (app, build) => detailed.has(`${app}/${build}`),
  };
}

function byImportance(apps: readonly PageApp[], rows: number): string[] {
  const failing = apps.flatMap((page) => {
    const seen = failingBuild(page);
    return seen === undefined ? [] : [`${page.app}/${seen.build.id}`];
  });
  const deepest = apps.reduce((most, { builds }) => Math.max(most, builds.length), 0);
  const layers = Array.from({ length: Math.min(rows, deepest) }, (_, depth) =>
    apps.flatMap(({ app, builds }) => {
      const seen = builds[depth];
      return seen === undefined ? [] : [`${app}/${seen.build.id}`];
    }),
  );
  return [...new Set([...failing, ...layers.flat()])];
}
