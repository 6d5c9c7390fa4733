import { allowedApps, appExists, listApps } from '../../host/dokku/apps';
import type { Host } from '../../host/dokku/environment';
import { reasonOf, type Warn } from '../../host/failure';
import type { AppName, BuildId } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { type AppBuilds, appBuilds, buildsRoot } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import { type Build, buildsOf, findBuild, type History, runningBuilds } from '../../journal/history';
import { loadAtRest } from '../../projections/records/adoptRecords';
import { adoptWithProgress } from './adoptWithProgress';
import { thisSystem } from '../../host/system/system';
import { warnOfProblems } from '../../projections/problemWarnings';
import type { ListedBuild } from '../../projections/lists/listView';
import { type MayRun, readRunning, rebuildRunning } from '../../projections/lists/runningBuilds';
import { shownAt } from './viewApp';

/**
 * The builds without an end in their journal, of all apps that exist. Live builds come from the view of running
 * builds. No view has the abandoned ones: with `abandoned`, every app is read. `now` is ms since the epoch.
 */
export function unendedBuilds(host: Host, output: Output, abandoned: boolean, now: number): ListedBuild[] {
  const show = shownAt(now);
  const histories = abandoned ? readApps(host, output, listApps(host)) : historiesOfRunning(host, output);
  return [...histories].flatMap(([app, history]) =>
    runningBuilds(history).map((build) => ({ app, shown: show(build) })),
  );
}

/** The builds of `apps` that are on record, those of each app oldest first. `now` is ms since the epoch. */
export function allBuilds(host: Host, output: Output, apps: readonly AppName[], now: number): ListedBuild[] {
  const show = shownAt(now);
  return [...readApps(host, output, apps)].flatMap(([app, history]) =>
    buildsOf(history).map((build) => ({ app, shown: show(build) })),
  );
}

function historiesOfRunning(host: Host, output: Output): ReadonlyMap<AppName, History> {
  const entries = readRunning(buildsRoot(host)) ?? findRunning(host, output);
  const running = new Map<AppName, BuildId[]>();
  for (const { app, build } of entries) {
    const builds = running.get(app);
    if (builds === undefined) running.set(app, [build]);
    else builds.push(build);
  }
  const apps = [...running.keys()].filter((app) => appExists(host, app));
  return readApps(host, output, apps, (builds, warn) => historyWith(running.get(builds.app) ?? [], builds, warn));
}

/**
 * The history of an app in which builds may be `running`. Only the journal is read, not the directory. If the start of
 * one of these builds is damaged, its record is adopted, as in a list of the app.
 */
function historyWith(running: readonly BuildId[], builds: AppBuilds, warn: Warn): History {
  const { history, problems } = loadAtRest(builds, thisSystem);
  const isMissing = (id: BuildId): boolean => findBuild(history, id) === undefined && !history.pruned.includes(id);
  if (running.some(isMissing)) return adoptWithProgress(builds, warn).loaded.history;
  warnOfProblems(builds, problems, warn);
  return history;
}

/**
 * The histories of `apps`. A damaged one does not hide the others. Only callers who may see the app are warned about
 * it.
 */
function readApps(
  host: Host,
  output: Output,
  apps: readonly AppName[],
  read: (builds: AppBuilds, warn: Warn) => History = (builds, warn) => adoptWithProgress(builds, warn).loaded.history,
): ReadonlyMap<AppName, History> {
  const histories = new Map<AppName, History>();
  const warnings: { app: AppName; message: string }[] = [];
  for (const app of apps) {
    try {
      histories.set(
        app,
        read(appBuilds(host, app), (message) => warnings.push({ app, message })),
      );
    } catch (error) {
      warnings.push({ app, message: `${app}: ${reasonOf(error)}` });
    }
  }
  const visible = new Set(warnings.length === 0 ? [] : allowedApps(host, [...new Set(warnings.map(({ app }) => app))]));
  for (const { app, message } of warnings) if (visible.has(app)) output.warn(message);
  return histories;
}

/** Reads every app to find live builds, and makes the view again if this user may write it. */
export function findRunning(host: Host, output: Output): MayRun[] {
  const apps = listApps(host);
  const histories = readApps(host, output, apps);
  const running = [...histories].flatMap(([app, history]) =>
    runningBuilds(history)
      .filter(isLive)
      .map((build) => ({ app, build: build.id })),
  );
  if (histories.size < apps.length) return running; // incomplete, so not stored
  try {
    const ended = ({ app, build }: MayRun): boolean => {
      const history = histories.get(app);
      const known = history && findBuild(history, build);
      return history === undefined ? !appExists(host, app) : known !== undefined && !isLive(known);
    };
    rebuildRunning(buildsRoot(host), running, ended, thisSystem);
  } catch {
    // a shortcut that could not be stored costs the next reader time, nothing else
  }
  return running;
}

function isLive(build: Build): boolean {
  return build.status === 'running' && isAlive(build.process);
}
