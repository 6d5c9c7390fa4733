import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { type Host, readHost } from '../../host/dokku/environment';
import { thisSystem } from '../../host/system/system';
import { type AppName, type BuildId, parseAppName } from '../../host/dokku/names';
import { appBuilds, appRoot, buildsRoot } from '../../host/dokku/paths';
import { identifyProcess } from '../../host/system/processes';
import type { Environment } from './programs';
import { type MayRun, rebuildRunning } from '../../projections/lists/runningBuilds';
import { RETENTION, type Synthesized, synthesizeJournal } from './synthesizeJournal';

/** A host that a program can be run on, and one library call after the other. */
export interface BenchHost {
  readonly host: Host;
  readonly env: Environment;
}

/** Events of an app that has {@link RETENTION} records and has lost none yet. */
const ORDINARY_EVENTS = 2 * RETENTION;

/** A host without apps in `directory`. */
export function emptyHost(directory: string): BenchHost {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    DOKKU_ROOT: join(directory, 'home'),
    DOKKU_LIB_ROOT: join(directory, 'lib'),
    PLUGIN_PATH: join(directory, 'plugins'),
    SSH_USER: 'dokku',
    SSH_NAME: 'admin',
  };
  for (const path of [env.DOKKU_ROOT, env.DOKKU_LIB_ROOT, env.PLUGIN_PATH]) mkdirSync(path, { recursive: true });
  return { host: readHost(env), env };
}

/** Adds an app with a history of `events` at least. */
export function addApp(host: Host, name: string, events: number): Omit<Synthesized, 'history'> & Added {
  const app = makeApp(host, name);
  const { history, ...made } = synthesizeJournal(appBuilds(host, app).directory, { app, events });
  return { ...made, app, newest: history.order.at(-1) ?? made.oldest };
}

interface Added {
  readonly app: AppName;
  readonly newest: BuildId;
}

/** A host of `apps` apps with 20 records each, of which `running` have one more, which runs as this process. */
export function hostOfApps(directory: string, apps: number, running: number): BenchHost {
  const made = emptyHost(directory);
  const mayRun: MayRun[] = [];
  for (let number = 0; number < apps; number += 1) {
    const app = makeApp(made.host, `app-${String(number).padStart(5, '0')}`);
    const runs = number < running;
    const { history } = synthesizeJournal(appBuilds(made.host, app).directory, {
      app,
      events: ORDINARY_EVENTS,
      ...(runs && { running: identifyProcess(process.pid) }),
    });
    const build = history.order.at(-1);
    if (runs && build !== undefined) mayRun.push({ app, build });
  }
  rebuildRunning(buildsRoot(made.host), mayRun, () => false, thisSystem);
  return made;
}

/** Adds an app without builds. */
export function makeApp(host: Host, name: string): AppName {
  const app = parseAppName(name);
  mkdirSync(appRoot(host, app));
  return app;
}
