import { statSync } from 'node:fs';
import { join } from 'node:path';

import { allowedApps, appExists, listApps } from '../../host/dokku/apps';
import type { Host } from '../../host/dokku/environment';
import { reasonOf } from '../../host/failure';
import type { AppName } from '../../host/dokku/names';
import { appBuilds, buildsDirectory } from '../../host/dokku/paths';
import { type Build, buildsOf, type History } from '../../journal/history';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import { adoptRecords } from '../../projections/records/adoptRecords';
import { thisSystem } from '../../host/system/system';
import { complainer, once } from '../../projections/problemWarnings';
import { loadHistory } from '../../journal/loadHistory';
import type { SeenBuild } from '../../projections/records/record';
import { seeAt } from '../shared/see';

/** A build and whose it is. */
export interface WatchedBuild {
  readonly app: AppName;
  readonly seen: SeenBuild;
}

/** The builds of some apps, as they are whenever one looks. */
export interface WatchedBuilds {
  /** Those that run first, the longest running at the top; then the latest of the others, `most` of them. `now` is ms since the epoch. */
  look(now: number, most: number): WatchedBuild[];
}

interface Known {
  /** Size of the journal when it was read. */
  readonly size: number;
  readonly history: History;
}

/**
 * The builds of `only`, or of every app that the caller may see. A look costs a stat for each app, and reads only the journals that have
 * grown. `warn` is told what cannot be read, once.
 */
export function watchBuilds(host: Host, only: AppName | undefined, warn: (message: string) => void): WatchedBuilds {
  const known = new Map<AppName, Known>();
  const allowed = new Map<AppName, boolean>();
  const warnOnce = once(warn);
  const apps = (): readonly AppName[] => {
    if (only !== undefined) return appExists(host, only) ? [only] : [];
    const all = listApps(host);
    const unknown = all.filter((app) => !allowed.has(app));
    if (unknown.length > 0) {
      const may = new Set(allowedApps(host, unknown));
      for (const app of unknown) allowed.set(app, may.has(app));
    }
    return all.filter((app) => allowed.get(app));
  };
  const historyOf = (app: AppName): History | undefined => {
    const size = journalSize(host, app);
    const before = known.get(app);
    if (before?.size === size) return before.history;
    try {
      const builds = appBuilds(host, app);
      const { history, problems } = before
        ? loadHistory(builds.directory)
        : adoptRecords(builds, thisSystem, warnOnce).loaded;
      if (before) problems.forEach(complainer(builds, warnOnce));
      known.set(app, { size: before ? size : journalSize(host, app), history });
      return history;
    } catch (error) {
      warnOnce(`${app}: ${reasonOf(error)}`);
      return before?.history;
    }
  };
  const knownBuilds = (app: AppName): Build[] => {
    const history = historyOf(app);
    return history === undefined ? [] : buildsOf(history);
  };
  return {
    look(now, most) {
      const see = seeAt(now);
      const all = apps().flatMap((app) => knownBuilds(app).map((build) => ({ app, build })));
      const begun = all.filter(({ build }) => build.status === 'running');
      const ended = all
        .filter(({ build }) => build.status !== 'running')
        .sort((a, b) => endOf(b.build) - endOf(a.build));
      const seen = begun.map(({ app, build }) => ({ app, seen: see(build) }));
      const running = seen.filter(({ seen: { displayStatus } }) => displayStatus === 'running');
      const rest = ended.slice(0, most).map(({ app, build }) => ({ app, seen: see(build) }));
      const dead = seen.filter(({ seen: { displayStatus } }) => displayStatus !== 'running');
      const others = [...rest, ...dead].sort((a, b) => endOf(b.seen.build) - endOf(a.seen.build));
      return [...running.sort((a, b) => endOf(a.seen.build) - endOf(b.seen.build)), ...others.slice(0, most)];
    },
  };
}

/** When it ended, or began where it has not; ms since the epoch. */
function endOf(build: Build): number {
  return Date.parse(build.status === 'running' ? build.startedAt : build.finishedAt) || 0;
}

function journalSize(host: Host, app: AppName): number {
  return statSync(join(buildsDirectory(host, app), JOURNAL_FILE), { throwIfNoEntry: false })?.size ?? 0;
}
