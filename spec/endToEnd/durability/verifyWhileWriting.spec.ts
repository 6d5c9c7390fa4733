import { mkdirSync } from 'node:fs';

import type { ExecutionContext } from 'ava';

import type { Host } from '../../../host/dokku/environment';
import type { AppName } from '../../../host/dokku/names';
import { type AppBuilds, appBuilds } from '../../../host/dokku/paths';
import { loadHistory } from '../../../journal/loadHistory';
import { createApp, temporaryHost } from '../../temporaryHost';
import { finish, start } from '../../journal/buildCommands';
import { handle } from '../../projections/records/temporaryApp';
import { call, command } from './pluginCalls';
import { cannotTrace } from './tracing';
import { unless } from './unless';

/* What builds:verify says while others write, and how soon. */

const slowSyncs = ['strace', '-qq', '-o', '/dev/null', '-e', 'trace=fsync', '-e', 'inject=fsync:delay_enter=1000000'];

unless(cannotTrace)('a start and an end whose files take a second to reach the disk are no deviation', async (t) => {
  const { host, app, builds } = recorded(t);
  for (const [trigger, ...args] of [
    ['builds-record-start', 'b3', String(process.pid), 'git-hook'],
    ['builds-record-finalize', 'b3', '0'],
  ] as const) {
    const before = loadHistory(builds.directory).head.seq;
    const writing = call(host, trigger, [app, ...args], { by: slowSyncs });
    let written = false as boolean;
    void writing.then(() => (written = true));
    while (loadHistory(builds.directory).head.seq === before) await new Promise((resolve) => setTimeout(resolve, 10));
    let looks = 0;
    for (; !written; looks += 1) {
      const { status, stdout, stderr } = await command(host, 'verify', [app]);
      t.is(status, 0, `${trigger}: ${stdout}${stderr}`);
    }
    t.true(looks > 0);
    t.is((await writing).status, 0);
  }
});

/** An app with two builds that have ended. */
function recorded(t: ExecutionContext): { host: Host; app: AppName; builds: AppBuilds } {
  const host = temporaryHost(t);
  const app = createApp(host, 'myapp');
  const builds = appBuilds(host, app);
  mkdirSync(builds.directory, { recursive: true });
  for (const id of ['b1', 'b2']) for (const step of [start(id), finish(id)]) handle(builds, step);
  return { host, app, builds };
}
