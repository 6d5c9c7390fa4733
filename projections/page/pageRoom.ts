import type { AppName, BuildId } from '../../host/dokku/names';
import { failingBuild, type PageApp } from './pageApp';

/** How much a page says of each app and build, so that a page of 1,000 apps stays below 2 MB. */
export interface PageRoom {
  /** Rows of builds for each app. */
  readonly rows: number;
  /** Columns of a log that are shown. */
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
 * Room for `apps`, failing ones first: `share` (0 to 1) of what a page has usually. The builds that failed last get
 * theirs first, then the newest of each app, and so on.
 */
export function roomOf(apps: readonly PageApp[], single: boolean, share: number): PageRoom {
  const rows = single
    ? Number.POSITIVE_INFINITY
    : Math.max(1, Math.floor((share * ALL_ROWS) / ROW_BYTES / apps.length));
  const builds = apps.reduce((sum, page) => sum + Math.min(rows, page.builds.length), 0);
  const around = single ? SINGLE_DETAIL_BYTES : DETAIL_BYTES;
  const all = share * (single ? SINGLE_DETAILS : ALL_DETAILS);
  const logLimit = Math.round(Math.min(LOG.most, Math.max(LOG.least, all / Math.max(1, builds) - around)));
  const detailed = new Set(byImportance(apps, rows).slice(0, Math.ceil(all / (logLimit + around))));
  return { rows, logLimit, isDetailed: (app, build) => detailed.has(`${app}/${build}`) };
}

/** Bytes that are read at the end of each log of a page of so many apps. */
export function logBytesFor(apps: number): number {
  return apps > MANY_APPS ? READ_BYTES.least : READ_BYTES.most;
}

function byImportance(apps: readonly PageApp[], rows: number): string[] {
  const failing = apps.flatMap((page) => {
    const shown = failingBuild(page);
    return shown === undefined ? [] : [`${page.app}/${shown.build.id}`];
  });
  const deepest = apps.reduce((most, { builds }) => Math.max(most, builds.length), 0);
  const layers = Array.from({ length: Math.min(rows, deepest) }, (_, depth) =>
    apps.flatMap(({ app, builds }) => {
      const shown = builds[depth];
      return shown === undefined ? [] : [`${app}/${shown.build.id}`];
    }),
  );
  return [...new Set([...failing, ...layers.flat()])];
}
