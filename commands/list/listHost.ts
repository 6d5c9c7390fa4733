import { allowedApps, appExists, listApps } from '../../host/dokku/apps';
import type { Host } from '../../host/dokku/environment';
import { reasonOf } from '../../host/failure';
import type { AppName, BuildId } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { type AppBuilds, appBuilds, buildsRoot, logPath } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import { type Build, findBuild, type History, buildsOf } from '../../journal/history';
import { adoptRecords, loadAtRest } from '../../projections/records/adoptRecords';
import { thisSystem } from '../../host/system/system';
import { warnOfProblems, type Warn } from '../../projections/problemWarnings';
import {
  hostColumns,
  hostRow,
  type ListedBuild,
  type ListFilter,
  matches,
  listOfHost,
} from '../../projections/lists/listView';
import { buildView } from '../../projections/records/record';
import { type MayRun, readRunning, rebuildRunning } from '../../projections/lists/runningBuilds';
import { type Look, printTable } from '../shared/look';
import type { Format } from '../shared/positionals';
import { seeAt } from '../shared/see';

/** `builds:list` without an app: the builds of the host that are running, newest first. */
export async function listHost(
  host: Host,
  output: Output,
  format: Format,
  filter: ListFilter,
  look: Look,
): Promise<undefined> {
  const wanted = { status: 'running', ...filter } as const;
  const running = unendedBuilds(host, output, wanted.status === 'abandoned').filter(({ seen }) =>
    matches(seen, wanted),
  );
  const visible = new Set(allowedApps(host, [...new Set(running.map(({ app }) => app))]));
  const listed = listOfHost(running.filter(({ app }) => visible.has(app)));
  if (format === 'json') {
    output.line(JSON.stringify(listed.map(({ app, seen }) => buildView(app, seen, logPath(host, app, seen.build.id)))));
  } else if (listed.length === 0) {
    output.line('No builds currently running');
  } else {
    await printTable(
      output,
      'Currently running builds',
      hostColumns,
      listed.map(({ app, seen }) => hostRow(app, seen, look.time)),
      look,
    );
  }
}

/**
 * The builds of apps that exist and that no event says have ended. The live ones are in the view of running builds; the `abandoned` are in
 * none, and every app is looked into.
 */
function unendedBuilds(host: Host, output: Output, abandoned: boolean): ListedBuild[] {
  const now = Date.now();
  const see = seeAt(now);
  const histories = abandoned ? lookInto(host, output, listApps(host)) : historiesOfRunning(host, output);
  return [...histories].flatMap(([app, history]) =>
    buildsOf(history)
      .filter(isRunning)
      .map((build) => ({ app, seen: see(build) })),
  );
}

function historiesOfRunning(host: Host, output: Output): ReadonlyMap<AppName, History> {
  const entries = readRunning(buildsRoot(host)) ?? findRunning(host, output);
  const running = new Map<AppName, BuildId[]>();
  for (const { app, build } of entries) running.set(app, [...(running.get(app) ?? []), build]);
  const apps = [...running.keys()].filter((app) => appExists(host, app));
  return lookInto(host, output, apps, (builds, warn) => historyWith(running.get(builds.app) ?? [], builds, warn));
}

/**
 * The history of an app in which builds may be `running`. What its journal can tell of them is enough, and the directory is not looked at; but
 * where the start of one is damaged, its record is adopted, as by whoever lists the app.
 */
function historyWith(running: readonly BuildId[], builds: AppBuilds, warn: Warn): History {
  const { history, problems } = loadAtRest(builds.directory, thisSystem);
  const isMissing = (id: BuildId): boolean => findBuild(history, id) === undefined && !history.pruned.includes(id);
  if (running.some(isMissing)) return adoptRecords(builds, thisSystem, warn).loaded.history;
  warnOfProblems(builds, problems, warn);
  return history;
}

/** The histories of `apps`. What is wrong with one hides no other, and is told to those who may see that app. */
function lookInto(
  host: Host,
  output: Output,
  apps: readonly AppName[],
  read: (builds: AppBuilds, warn: Warn) => History = (builds, warn) =>
    adoptRecords(builds, thisSystem, warn).loaded.history,
): ReadonlyMap<AppName, History> {
  const histories = new Map<AppName, History>();
  const complaints: { app: AppName; message: string }[] = [];
  for (const app of apps) {
    try {
      histories.set(
        app,
        read(appBuilds(host, app), (message) => complaints.push({ app, message })),
      );
    } catch (error) {
      complaints.push({ app, message: `${app}: ${reasonOf(error)}` });
    }
  }
  const visible = new Set(
    complaints.length === 0 ? [] : allowedApps(host, [...new Set(complaints.map(({ app }) => app))]),
  );
  for (const { app, message } of complaints) if (visible.has(app)) output.warn(message);
  return histories;
}

/** Looks into every app for live builds, and stores what it finds for the next time, where this user may. */
export function findRunning(host: Host, output: Output): MayRun[] {
  const apps = listApps(host);
  const histories = lookInto(host, output, apps);
  const running = [...histories].flatMap(([app, history]) =>
    buildsOf(history)
      .filter(isLive)
      .map((build) => ({ app, build: build.id })),
  );
  if (histories.size < apps.length) return running; // not the whole truth
  try {
    rebuildRunning(buildsRoot(host), running, ({ app, build }) => {
      const history = histories.get(app);
      const known = history && findBuild(history, build);
      return history === undefined ? !appExists(host, app) : known !== undefined && !isLive(known);
    });
  } catch {
    // a shortcut that could not be stored costs the next reader time, nothing else
  }
  return running;
}

function isRunning(build: Build): boolean {
  return build.status === 'running';
}

function isLive(build: Build): boolean {
  return isRunning(build) && isAlive(build.process);
}
