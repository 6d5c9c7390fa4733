import { appExists, listApps } from '../host/apps';
import { type Host, readHost } from '../host/environment';
import { AppDoesNotExist } from '../host/failure';
import { type AppName, parseAppName, parseBuildId } from '../host/names';
import { type AppBuilds, appBuilds, logPath } from '../host/paths';
import { findBuild, type History } from '../journal/history';
import { catchUp } from '../projections/catchUp';
import { infoView } from '../projections/infoView';
import { listOfApp } from '../projections/listView';
import { readPast } from '../projections/past';
import { buildView, type SeenBuild } from '../projections/record';
import type { BuildInfo, BuildsHost, BuildView, HostOptions } from './apiTypes';
import { followEvents, readEvents } from './apiEvents';
import { seeAt } from './see';

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
  const historyOf = (app: AppName): History => catchUp(readable(host, app), Date.now(), warn).history;
  const view = (app: AppName, seen: SeenBuild): BuildView =>
    buildView(app, seen, logPath(host, app, seen.build.id)) as BuildView;

  return {
    apps: () => listApps(host),
    list(name, filter = {}) {
      const app = existing(name);
      const seen = historyOf(app).builds.map(seeAt(Date.now()));
      return listOfApp(seen, filter, Number.POSITIVE_INFINITY).map((one) => view(app, one));
    },
    running() {
      const see = seeAt(Date.now());
      const running = listApps(host).flatMap((app) =>
        historyOf(app)
          .builds.filter(({ status }) => status === 'running')
          .map(see)
          .filter(({ displayStatus }) => displayStatus === 'running')
          .map((seen) => view(app, seen)),
      );
      return running.sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at));
    },
    info(name, build) {
      const [app, id] = [existing(name), parseBuildId(build)];
      const present = findBuild(historyOf(app), id);
      const found = present ? { build: present } : readPast(readable(host, app).directory, { only: id }).at(-1);
      if (found === undefined) return undefined;
      const left = 'left' in found ? found.left : undefined;
      return infoView(app, seeAt(Date.now())(found.build), logPath(host, app, id), left) as BuildInfo;
    },
    events: (filter = {}) => readEvents(() => sourcesOf(host, filter.app, existing), filter),
    follow: (follow = {}) => followEvents(() => sourcesOf(host, follow.app, existing), follow),
  };
}

function readable(host: Host, app: AppName): AppBuilds {
  return { ...appBuilds(host, app), readOnly: true };
}

function sourcesOf(host: Host, app: string | undefined, existing: (name: string) => AppName): AppBuilds[] {
  return (app === undefined ? listApps(host) : [existing(app)]).map((one) => readable(host, one));
}
