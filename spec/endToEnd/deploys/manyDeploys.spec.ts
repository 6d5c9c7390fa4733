import { readdirSync, readFileSync } from 'node:fs';

import test from 'ava';

import { createSandbox, type Sandbox, script } from '../../../scripts/sandbox/host';
import { concluded, eventsOf, newestBuild } from './concluded';

/* Deploys of every kind, some killed: afterwards every record is true, and no process is left. */

const DEPLOYS = process.env['SOAK'] === '1' ? 2000 : 15;
const LANES = 3;

interface Kind {
  readonly deploy: (host: Sandbox, app: string) => Promise<void>;
  /** Status and cause of the end, or the reason for which the build left no record. */
  readonly ends: readonly string[];
}

const kinds: readonly Kind[] = [
  { deploy: (host, app) => push(host, app, 'echo built'), ends: ['succeeded exit'] },
  { deploy: (host, app) => push(host, app, 'exit 2'), ends: ['failed abandoned'] },
  { deploy: restart, ends: ['succeeded deployed'] },
  { deploy: sync, ends: ['discarded'] },
  { deploy: killed, ends: ['failed abandoned'] },
];

test('after many deploys of every kind every record is true, and nothing waits any more', async (t) => {
  const host = await createSandbox();
  t.teardown(() => host.remove());
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const app = `app${lane}`;
    await host.createApp(app, { build: script('echo built') });
    for (let n = lane; n < DEPLOYS; n += LANES) {
      const kind = kinds[Math.floor(n / LANES) % kinds.length];
      await kind?.deploy(host, app);
      const build = await newestBuild(host, app);
      await concluded(host, app, build);
      const end = (await eventsOf(host, app)).findLast((event) => isAbout(event, build));
      t.true(kind?.ends.includes(textOf(end)), `deploy ${n} of ${app}: ${JSON.stringify(end)}`);
    }
    t.is((await host.dokku(['builds:verify', app])).code, 0);
  });
  await Promise.all(lanes);
  // A deploy that has reported its end is still waited for until the next look, a second at most.
  while (waiting(host).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  t.log(`${DEPLOYS} deploys`);
});

async function push(host: Sandbox, app: string, build: string): Promise<void> {
  await host.push(app, { build: script(build) });
}

async function restart(host: Sandbox, app: string): Promise<void> {
  await host.dokku(['ps:restart', app]);
}

/** The second sync finds nothing to build. */
async function sync(host: Sandbox, app: string): Promise<void> {
  const repository = await host.createRepository({ build: script('echo synced') });
  for (const _ of ['changed', 'unchanged']) await host.dokku(['git:sync', '--build-if-changes', app, repository]);
}

async function killed(host: Sandbox, app: string): Promise<void> {
  const gate = host.gate();
  const deploy = await host.startPush(app, { build: script(gate.announced('building')) }, 'building');
  process.kill(-deploy.deployPid, 'SIGKILL');
  gate.open();
  await deploy.finished;
}

function isAbout(event: Readonly<Record<string, unknown>>, build: string): boolean {
  return event['build'] === build || (Array.isArray(event['builds']) && event['builds'].includes(build));
}

function textOf(event: Readonly<Record<string, unknown>> | undefined): string {
  const words = ['reason', 'status', 'cause'].map((key) => event?.[key]);
  return words.filter((word) => typeof word === 'string').join(' ');
}

/** Processes that wait for the end of a deploy of this host. */
function waiting(host: Sandbox): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return ''; // it has ended
      }
    })
    .filter((line) => line.includes('dokku-builds-wait') && line.includes(host.paths.root));
}
