import { appExists, listApps } from '../../host/dokku/apps';
import { type Host, readHost } from '../../host/dokku/environment';
import { AppDoesNotExist, reasonOf } from '../../host/failure';
import { type AppName, parseAppName, parseBuildId } from '../../host/dokku/names';
import { type AppBuilds, appBuilds, logPath } from '../../host/dokku/paths';
import { findBuild, type History, buildsOf } from '../../journal/history';
import { adoptRecords } from '../../projections/records/adoptRecords';
import { thisSystem } from '../../host/system/system';
import { once } from '../../projections/problemWarnings';
import { infoView } from '../../projections/lists/infoView';
import { listOfApp, listOfHost } from '../../projections/lists/listView';
import { readPast } from '../../projections/events/past';
import { buildView, type SeenBuild } from '../../projections/records/record';
import type { BuildInfo, BuildsHost, BuildView, HostOptions } from './apiTypes';
import { followEvents, readEvents } from './apiEvents';
import { seeAt } from '../shared/see';

/** Opens the builds of a host for reading. Looks at nothing yet, and throws nothing. */
export function openHost(options: HostOptions = {}): BuildsHost {
  const { dokkuRoot, libRoot, warn = () => undefined } = options;
  const env = readHost(process.env, false);
  const host: Host = { ...env, dokkuRoot: dokkuRoot ?? env.dokkuRoot, libRoot: libRoot ?? env.libRoot };

  const existing = (name: string): AppName => {
    const app = parseAppName(name);
    if (!appExists(host, app)) throw new AppDoesNotExist(app);
    return app;
  };
  const historyOf = (app: AppName, tell = warn): History =>
    adoptRecords(readable(host, app), thisSystem, tell).loaded.history;
  const view = (app: AppName, seen: SeenBuild): BuildView =>
    buildView(app, seen, logPath(host, app, seen.build.id)) as BuildView;

  const places = (app: string | undefined): AppBuilds[] =>
    app === undefined ? readableOf(host, listApps(host), warn) : [readable(host, existing(app))];

  return {
    apps: () => listApps(host),
    list(name, filter = {}) {
      const app = existing(name);
      const seen = buildsOf(historyOf(app)).map(seeAt(Date.now()));
      const { kind, status } = filter;
      const wanted = { kind, statuses: status && [status] };
      return listOfApp(seen, wanted, Number.POSITIVE_INFINITY).map((one) => view(app, one));
    },
    running() {
      const see = seeAt(Date.now());
      const running = readableOf(host, listApps(host), warn).flatMap(({ app }) =>
        buildsOf(historyOf(app))
          .filter(({ status }) => status === 'running')
          .map(see)
          .filter(({ displayStatus }) => displayStatus === 'running')
          .map((seen) => ({ app, seen })),
      );
      return listOfHost(running).map(({ app, seen }) => view(app, seen));
    },
    info(name, build) {
      const [app, id] = [existing(name), parseBuildId(build)];
      const tell = once(warn);
      const present = findBuild(historyOf(app, tell), id);
      const found = present ? { build: present } : readPast(readable(host, app), { only: id }, tell).at(-1);
      if (found === undefined) return undefined;
      const left = 'left' in found ? found.left : undefined;
      return infoView(app, seeAt(Date.now())(found.build), logPath(host, app, id), left) as BuildInfo;
    },
    events: (filter = {}) => readEvents(() => places(filter.app), filter, warn),
    follow: (follow = {}) => followEvents(() => places(follow.app), follow, warn),
  };
}

function readable(host: Host, app: AppName): AppBuilds {
  return { ...appBuilds(host, app), mode: 'reader' };
}

/** Those of `apps` that can be read. `warn` is called for each of the others: one broken app does not hide all. */
function readableOf(host: Host, apps: readonly AppName[], warn: (message: string) => void): AppBuilds[] {
  return apps.flatMap((app) => {
    try {
      return [readable(host, app)];
    } catch (error) {
      warn(reasonOf(error));
      return [];
    }
  });
}
