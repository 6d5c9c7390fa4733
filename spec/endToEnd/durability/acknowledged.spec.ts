import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { ExecutionContext } from 'ava';

import type { Host } from '../../../host/dokku/environment';
import type { AppName } from '../../../host/dokku/names';
import { appBuilds, buildsRoot } from '../../../host/dokku/paths';
import { writeProperty } from '../../../host/dokku/properties';
import { writeJoined } from '../../../subscribers/fleet/settings';
import { noteEnded } from '../../../subscribers/notifications/endedReceivers';
import { noteUndelivered } from '../../../subscribers/notifications/undelivered';
import { createSandbox, expectSuccess } from '../../../scripts/sandbox/host';
import { administrator, dokkuUser, unpackPackage } from '../install/package';
import { startReceiver } from '../notifications/receiver';
import { createApp, temporaryDirectory, temporaryHost } from '../../temporaryHost';
import { finished, started } from '../../journal/buildEvents';
import { append } from '../../projections/records/temporaryApp';
import { CrashApp } from './crashApp';
import { call, type CallOptions, command, type Outcome } from './pluginCalls';
import { namesIn, recording, undoable } from './powerCut';
import { cannotTrace } from './tracing';
import { unless } from './unless';

/*
 * What a call acknowledges, a power cut right after it does not undo: every name and every byte that it has written is
 * synced, but for what docs/durability.md names.
 */

interface Site {
  readonly t: ExecutionContext;
  readonly host: Host;
  readonly app: AppName;
  readonly directory: string;
  crash?: CrashApp;
}

interface Scene {
  readonly prepare?: (site: Site) => void | Promise<void>;
  readonly run: (site: Site, options: CallOptions) => Promise<Outcome>;
  /** What else it may undo here. */
  readonly derived?: RegExp;
}

/** Derived from the journal, checked when it is read, and made again. */
const DERIVED =
  /(^|\/)(\.running(\/.*)?|events\.checkpoint|\.queued-up-to|\.metrics\.json|\.installed|builds-page\/\.update(\/.*)?)$/;

/** Of builds that the journal says were pruned or have ended. */
const REMOVED_AGAIN = /^removed .*(\/\.notes\/[a-z0-9]+|\/[a-z0-9]+\.(json|log))$/;

const pid = String(process.pid);

const scenes: Readonly<Record<string, Scene>> = {
  'the first start of an app': {
    run: ({ host, app }, options) => call(host, 'builds-record-start', [app, 'first', pid, 'git-hook'], options),
  },
  'a later start, with notifications': {
    prepare: (site) => {
      running(site);
      writeProperty(site.host, '--global', 'notify-url', 'http://127.0.0.1:9/');
    },
    run: ({ host, app }, options) => call(host, 'builds-record-start', [app, 'later', pid, 'git-hook'], options),
  },
  'the revision of a deploy': {
    prepare: running,
    run: ({ host, app }, options) =>
      call(host, 'post-extract', [app, '/', 'a'.repeat(40)], { ...options, env: { DOKKU_BUILD_ID: 'b9' } }),
  },
  'the end of a deploy': {
    prepare: running,
    run: ({ host, app }, options) => call(host, 'builds-record-finalize', [app, 'b9', '0'], options),
  },
  'builds:prune': {
    prepare: (site) => {
      running(site);
      writeProperty(site.host, site.app, 'retention', '1');
    },
    run: ({ host, app }, options) => command(host, 'prune', [app], options),
  },
  'builds:set of an app without properties': {
    run: ({ host, app }, options) => command(host, 'set', [app, 'retention', '5'], options),
  },
  'builds:set without a value': {
    prepare: ({ host, app }) => {
      writeProperty(host, app, 'retention', '5');
    },
    run: ({ host, app }, options) => command(host, 'set', [app, 'retention'], options),
  },
  'builds:set notify-url after messages were given up': {
    prepare: (site) => {
      running(site);
      noteUndelivered(site.directory, ['lost'], 'nobody answered', 0);
    },
    run: ({ host, app }, options) => command(host, 'set', [app, 'notify-url', 'http://127.0.0.1:9/'], options),
  },
  'builds:notify --test after messages were given up and the receiver had ended': {
    async prepare(site) {
      running(site);
      const receiver = await startReceiver();
      site.t.teardown(receiver.close);
      writeProperty(site.host, site.app, 'notify-url', receiver.url);
      noteUndelivered(site.directory, ['lost'], 'nobody answered', 0);
      noteEnded(buildsRoot(site.host), site.app, Date.now());
    },
    run: ({ host, app }, options) => command(host, 'notify', [app, '--test'], options),
  },
  'builds:set metrics off': {
    prepare: ({ host }) => {
      writeProperty(host, '--global', 'metrics', 'on');
      mkdirSync(join(buildsRoot(host), '.metrics'), { recursive: true });
      writeFileSync(join(buildsRoot(host), '.metrics', 'dokku-builds.prom'), '');
    },
    run: ({ host }, options) => command(host, 'set', ['--global', 'metrics'], options),
  },
  'builds:set page off': {
    prepare: ({ host, app }) => {
      writeProperty(host, app, 'page', 'on');
      const pages = join(host.libRoot, 'data', 'builds-page', 'apps');
      mkdirSync(pages, { recursive: true });
      writeFileSync(join(pages, `${app}.html`), '');
    },
    run: ({ host, app }, options) => command(host, 'set', [app, 'page', 'off'], options),
  },
  'builds:cancel': {
    async prepare(site) {
      const crash = (site.crash = new CrashApp(site.host, site.app));
      site.t.teardown(() => crash.stop());
      await crash.beginInPeace();
    },
    run: ({ crash }, options) => crash?.cancel(options) ?? Promise.reject(new Error('nothing runs')),
    derived: /^removed data\/apps\/myapp\/\.deploy\.lock$/, // it counts only while a process holds it
  },
  'builds:page --out': {
    prepare: running,
    run: ({ host, app }, options) => program(host, ['page', app, '--out', join(host.libRoot, 'page.html')], options),
  },
  'fleet:join': {
    run: ({ host }, options) => program(host, ['fleet:join', 'nats://127.0.0.1:1', '--name', 'web1'], options),
  },
  'fleet:join of a reader': {
    run: ({ host }, options) =>
      program(host, ['fleet:join', 'nats://127.0.0.1:1', '--name', 'ann', '--as', 'reader'], {
        ...options,
        env: { XDG_CONFIG_HOME: join(host.libRoot, 'home', '.config') },
      }),
  },
  'fleet:leave': {
    prepare: ({ host }) => {
      const id = '01KQFCZZZZZZZZZZZZZZZZZZZZ';
      const settings = {
        role: 'reader',
        servers: ['nats://127.0.0.1:1'],
        id,
        name: 'ann',
        key: 'U',
        seed: 'S',
      } as const;
      writeJoined(join(host.libRoot, 'dokku-builds', 'fleet-reader'), settings);
    },
    run: ({ host }, options) =>
      program(host, ['fleet:leave', '--as', 'reader'], { ...options, env: { XDG_CONFIG_HOME: host.libRoot } }),
  },
  'the end of an app': {
    prepare: running,
    run: ({ host, app }, options) => call(host, 'post-delete', [app], options),
  },
  'a new name for an app': {
    prepare: running,
    run: ({ host, app }, options) => {
      const renamed = createApp(host, 'renamed');
      return call(host, 'post-app-rename-setup', [app, renamed], options);
    },
  },
  'the first install': {
    run: ({ host }, options) => call(host, 'install', [], options),
  },
  'an install that adopts': {
    prepare: ({ host, directory }) => {
      mkdirSync(directory, { recursive: true });
      mkdirSync(join(host.libRoot, 'config', 'builds'), { recursive: true });
      const stock = { id: 's1', status: 'succeeded', started_at: '2026-04-30T13:50:00Z', exit_code: 0 };
      writeFileSync(join(directory, 's1.json'), JSON.stringify(stock));
    },
    run: ({ host }, options) => call(host, 'install', [], options),
  },
};

for (const [title, { prepare, run, derived }] of Object.entries(scenes)) {
  unless(cannotTrace)(`${title}: a power cut right after it undoes nothing`, async (t) => {
    const site = newSite(t);
    await prepare?.(site);
    const log = join(temporaryDirectory(t), 'log');
    const before = namesIn(site.host.libRoot);
    const { status, stderr } = await run(site, { by: recording(log) });
    t.is(status, 0, stderr);
    const lost = undoable(log, site.host.libRoot, before);
    t.deepEqual(
      lost.filter((one) => !DERIVED.test(one) && !REMOVED_AGAIN.test(one) && derived?.test(one) !== true),
      [],
    );
  });
}

/** The program on the host itself. */
function program(host: Host, args: readonly string[], options: CallOptions): Promise<Outcome> {
  return call(host, 'subcommands/list', args, options);
}

function newSite(t: ExecutionContext): Site {
  const host = temporaryHost(t);
  const app = createApp(host, 'myapp');
  return { t, host, app, directory: appBuilds(host, app).directory };
}

/** An app with some builds, and one that runs. */
function running({ host, app, directory }: Site): void {
  mkdirSync(directory, { recursive: true });
  const ids = ['b1', 'b2', 'b3'];
  append(appBuilds(host, app), ...ids.flatMap((id) => [started(id), finished(id)]));
  append(appBuilds(host, app), started('b9', { process: { pid: process.pid } }));
}

unless(cannotTrace)('host:install and host:uninstall: a power cut right after either undoes nothing', async (t) => {
  const host = await createSandbox({ tracking: 'stock', user: dokkuUser });
  t.teardown(() => host.remove());
  const installer = unpackPackage(host);
  const log = join(host.paths.tmp, 'changes');
  for (const step of ['host:install', 'host:uninstall']) {
    const before = namesIn(host.paths.plugins);
    const by: readonly string[] = [...recording(log), installer, step];
    expectSuccess(await host.run(by as [string, ...string[]], administrator && { user: administrator }));
    t.deepEqual(undoable(log, host.paths.plugins, before), [], step);
  }
});

unless(cannotTrace)('alongside the stock plugin, a power cut right after a trigger undoes nothing', async (t) => {
  const host = await createSandbox({ tracking: 'stock', user: dokkuUser });
  t.teardown(() => host.remove());
  const install = [unpackPackage(host), 'host:install', '--alongside'] as const;
  expectSuccess(await host.run(install, administrator && { user: administrator }));
  for (const app of ['shop', 'store']) await host.createApp(app);
  const log = join(host.paths.tmp, 'changes');
  const lib = dirname(dirname(host.paths.builds));
  const acknowledged = async (trigger: string, ...args: string[]): Promise<void> => {
    const before = namesIn(lib);
    const path = join(host.paths.plugins, 'enabled', 'builds-journal', trigger);
    const by: readonly string[] = [...recording(log), path, ...args];
    expectSuccess(await host.run(by as [string, ...string[]]));
    t.deepEqual(
      undoable(log, lib, before).filter((one) => !DERIVED.test(one)),
      [],
      trigger,
    );
  };
  await acknowledged('builds-record-start', 'shop', 'b1', String(host.process().pid), 'git-hook');
  await acknowledged('builds-record-finalize', 'shop', 'b1', '0');
  await acknowledged('post-app-rename-setup', 'shop', 'store'); // the stock plugin leaves the journal where it is
  await acknowledged('builds-record-start', 'store', 'b2', String(host.process().pid), 'git-hook');
  renameSync(join(host.paths.builds, 'store'), join(host.paths.builds, 'shop')); // it moves everything
  await acknowledged('post-app-rename-setup', 'store', 'shop');
  host.write(host.file('shop', 'b2.log'), 'output'); // it has not removed its files yet
  await acknowledged('post-delete', 'shop');
});
