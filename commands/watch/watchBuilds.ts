import { allowedApps, appExists, listApps } from '../../host/dokku/apps';
import { parseTimestamp } from '../../host/durations';
import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { appBuilds, buildsDirectory } from '../../host/dokku/paths';
import { reasonOf, type Warn } from '../../host/failure';
import { thisSystem } from '../../host/system/system';
import { journalSize } from '../../journal/file/journalFile';
import { type Build, buildsOf } from '../../journal/history';
import { loadHistory } from '../../journal/loadHistory';
import { problemWarner, once } from '../../projections/problemWarnings';
import { adoptRecords } from '../../projections/records/adoptRecords';
import type { SeenBuild } from '../../projections/records/record';
import { shownAt } from '../shared/viewApp';

/** A build and the app it is of. */
export interface WatchedBuild {
  readonly app: AppName;
  readonly shown: SeenBuild;
}

/** Whether both are one build. */
export function isSame(a: WatchedBuild, b: WatchedBuild): boolean {
  return a.app === b.app && a.shown.build.id === b.shown.build.id;
}

/** The builds of some apps, read again and again. */
export interface WatchedBuilds {
  /**
   * The running builds first, oldest at the top; then at most `most` others, latest first. `now` is ms since the
   * epoch.
   */
  read(now: number, most: number): WatchedBuild[];
}

/**
 * The builds of `only`, or of every app that the caller may see. Reading costs a stat for each app, and reads only
 * the journals that have grown. `warn` is called once for what cannot be read.
 */
export function watchBuilds(host: Host, only: AppName | undefined, warn: Warn): WatchedBuilds {
  const warnOnce = once(warn);
  const apps = watchedApps(host, only);
  const buildsOfApp = knownBuilds(host, warnOnce);
  return {
    read(now, most) {
      const all = apps().flatMap((app) => buildsOfApp(app).map((build) => ({ app, build })));
      return arrange(all, shownAt(now), most);
    },
  };
}

interface AppBuild {
  readonly app: AppName;
  readonly build: Build;
}

/** A process is looked up only for builds that run, and for those that are shown. */
function arrange(all: readonly AppBuild[], show: (build: Build) => SeenBuild, most: number): WatchedBuild[] {
  const shown = ({ app, build }: AppBuild): WatchedBuild => ({ app, shown: show(build) });
  const begun = all.filter(({ build }) => build.status === 'running').map(shown);
  const ended = all.filter(({ build }) => build.status !== 'running').sort((a, b) => timeOf(b.build) - timeOf(a.build));
  const running = begun.filter((one) => one.shown.displayStatus === 'running');
  const abandoned = begun.filter((one) => one.shown.displayStatus !== 'running');
  const others = [...ended.slice(0, most).map(shown), ...abandoned];
  return [
    ...running.sort((a, b) => timeOf(a.shown.build) - timeOf(b.shown.build)),
    ...others.sort((a, b) => timeOf(b.shown.build) - timeOf(a.shown.build)).slice(0, most),
  ];
}

/** When it ended, or began if it has not; ms since the epoch. */
function timeOf(build: Build): number {
  return parseTimestamp(build.status === 'running' ? build.startedAt : build.finishedAt) ?? 0;
}

/** Whether the caller may see an app is asked once for each. */
function watchedApps(host: Host, only: AppName | undefined): () => readonly AppName[] {
  const allowed = new Map<AppName, boolean>();
  return () => {
    if (only !== undefined) return appExists(host, only) ? [only] : [];
    const all = listApps(host);
    const unknown = all.filter((app) => !allowed.has(app));
    if (unknown.length > 0) {
      const may = new Set(allowedApps(host, unknown));
      for (const app of unknown) allowed.set(app, may.has(app));
    }
    return all.filter((app) => allowed.get(app));
  };
}

/** The builds of an app by its journal, which is read again when its size has changed. */
function knownBuilds(host: Host, warn: Warn): (app: AppName) => readonly Build[] {
  const known = new Map<AppName, { readonly size: number; readonly builds: readonly Build[] }>();
  return (app) => {
    const directory = buildsDirectory(host, app);
    const size = journalSize(directory);
    const before = known.get(app);
    if (before?.size === size) return before.builds;
    try {
      const builds = appBuilds(host, app);
      const { history, problems } = before
        ? loadHistory(builds.directory)
        : adoptRecords(builds, thisSystem, warn).loaded;
      if (before) problems.forEach(problemWarner(builds, warn));
      const read = { size: before ? size : journalSize(directory), builds: buildsOf(history) };
      known.set(app, read);
      return read.builds;
    } catch (error) {
      warn(`${app}: ${reasonOf(error)}`);
      return before?.builds ?? [];
    }
  };
}
