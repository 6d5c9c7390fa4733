import { appExists, listApps } from '../../host/dokku/apps';
import { type Host, readHost } from '../../host/dokku/environment';
import { AppDoesNotExist, Failure, reasonOf, type Warn } from '../../host/failure';
import { type AppName, type BuildId, parseAppName, parseBuildId } from '../../host/dokku/names';
import { type AppBuilds, appBuilds, logPath } from '../../host/dokku/paths';
import { type Build, findBuild, type History, buildsOf, newestBuild, runningBuilds } from '../../journal/history';
import { adoptRecords } from '../../projections/records/adoptRecords';
import { thisSystem } from '../../host/system/system';
import { once } from '../../projections/problemWarnings';
import { infoView } from '../../projections/lists/infoView';
import { type ListFilter, listOfApp, listOfHost, matches } from '../../projections/lists/listView';
import { type PastBuild, readPastBuild } from '../../projections/events/past';
import { buildView, isFailure, type ShownBuild } from '../../projections/records/record';
import { statsJson, statsView } from '../../projections/stats/statsView';
import { followBuild } from '../output/followBuild';
import { shownAt } from '../shared/viewApp';
import { readStats } from '../stats/readStats';
import { followEvents, readEvents } from './apiEvents';
import { logStream } from './apiLog';
import type { BuildsHost, HostOptions } from './apiTypes';
import type { BuildInfo, BuildStats, BuildView } from './buildTypes';
import { eventFilter, followFilter, limitOf, listFilter, statsSince, text } from './filters';

/** Opens the builds of a host for reading. Reads nothing yet, and throws nothing. */
export function openHost(options: HostOptions = {}): BuildsHost {
  const { dokkuRoot, libRoot, warn = () => undefined } = options;
  const env = readHost(process.env, false);
  const host: Host = { ...env, dokkuRoot: dokkuRoot ?? env.dokkuRoot, libRoot: libRoot ?? env.libRoot };

  const existing = (name: string): AppName => {
    const app = parseAppName(text('app', name));
    if (!appExists(host, app)) throw new AppDoesNotExist(app);
    return app;
  };
  const historyOf = (app: AppName, report = warn): History =>
    adoptRecords(readable(host, app), thisSystem, report).loaded.history;
  const view = (app: AppName, shown: ShownBuild): BuildView =>
    buildView(app, shown, logPath(host, app, shown.build.id)) as BuildView;

  const places = (app: string | undefined): AppBuilds[] =>
    app === undefined ? readableOf(host, listApps(host), warn) : [readable(host, existing(app))];

  const now = (app: AppName, build: Build): BuildView => view(app, shownAt(Date.now())(build));
  const idOf = (build: string): BuildId => parseBuildId(text('build', build));
  /** Reads a build; undefined if it is not on record. */
  const find = (app: AppName, build: string): Build | undefined => findBuild(historyOf(app), idOf(build));
  /** A build on record. */
  const present = (app: AppName, build: string): Build => {
    const found = find(app, build);
    if (found === undefined) throw new Failure(`No build record found for ${app}/${build}`);
    return found;
  };
  /** The `wanted` builds of the host. `among` gives the builds of each app that are considered. */
  const ofHost = (wanted: ListFilter, among: (history: History) => readonly Build[]): BuildView[] => {
    const show = shownAt(Date.now());
    const found = readableOf(host, listApps(host), warn).flatMap(({ app }) =>
      among(historyOf(app))
        .map(show)
        .filter((shown) => matches(shown, wanted))
        .map((shown) => ({ app, shown })),
    );
    return listOfHost(found).map(({ app, shown }) => view(app, shown));
  };

  return {
    apps: () => listApps(host),
    list(name, filter = {}) {
      const [app, wanted, limit] = [existing(name), listFilter(filter), limitOf(filter)];
      const shown = buildsOf(historyOf(app)).map(shownAt(Date.now()));
      const listed = listOfApp(shown, wanted, Number.POSITIVE_INFINITY).slice(0, limit);
      return listed.map((one) => view(app, one));
    },
    builds(filter = {}) {
      const [wanted, limit] = [listFilter(filter), limitOf(filter)];
      return ofHost(wanted, buildsOf).slice(0, limit);
    },
    running: () => ofHost({ statuses: ['running'] }, runningBuilds),
    last(name) {
      const app = existing(name);
      const build = newestBuild(historyOf(app));
      return build && now(app, build);
    },
    lastFailed(name) {
      const app = existing(name);
      const failed = buildsOf(historyOf(app)).map(shownAt(Date.now())).findLast(isFailure);
      return failed && view(app, failed);
    },
    info(name, build) {
      const [app, id] = [existing(name), idOf(build)];
      const report = once(warn);
      const onRecord = findBuild(historyOf(app, report), id);
      const past: PastBuild | undefined = onRecord
        ? { build: onRecord }
        : readPastBuild(readable(host, app), id, undefined, report);
      if (past === undefined) return undefined;
      return infoView(app, shownAt(Date.now())(past.build), logPath(host, app, id), past.pruning) as BuildInfo;
    },
    log(name, id, waiting = {}) {
      const app = existing(name);
      return logStream(host, app, present(app, id), () => find(app, id), waiting);
    },
    async wait(name, id, { signal = new AbortController().signal } = {}) {
      const app = existing(name);
      const following = { onChange: () => undefined, conclusion: true, signal, read: () => find(app, id) };
      const ended = await followBuild(host, app, present(app, id), following);
      if (ended === undefined) throw signal.reason;
      return now(app, ended);
    },
    stats(name, counted = {}) {
      const from = statsSince(counted);
      const figures = places(name).map((builds) => readStats(host, builds, once(warn), from));
      return statsJson(
        name === undefined ? undefined : existing(name),
        statsView(figures, from, Date.now()),
      ) as BuildStats;
    },
    // A value that is not allowed throws now, and not with the first event.
    events: (filter = {}) => readEvents(() => places(filter.app), eventFilter(filter), warn),
    follow: (follow = {}) => followEvents(() => places(follow.app), followFilter(follow), follow, warn),
  };
}

function readable(host: Host, app: AppName): AppBuilds {
  return { ...appBuilds(host, app), mode: 'reader' };
}

/** The apps that can be read. `warn` is called for each of the others: a broken app does not hide the rest. */
function readableOf(host: Host, apps: readonly AppName[], warn: Warn): AppBuilds[] {
  return apps.flatMap((app) => {
    try {
      return [readable(host, app)];
    } catch (error) {
      warn(reasonOf(error));
      return [];
    }
  });
}
