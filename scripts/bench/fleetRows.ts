import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { appBuilds, buildsRoot } from '../../host/dokku/paths';
import { Session } from '../../subscribers/fleet/agent/session';
import { connectNats } from '../../subscribers/fleet/nats/natsFleet';
import { makeStreams } from '../../subscribers/fleet/nats/natsStreams';
import {
  inboxOf,
  type Member,
  parseMember,
  serverConfiguration,
} from '../../subscribers/fleet/nats/serverConfiguration';
import { freePort, installNatsServer, startNatsServer } from '../fleet/natsServer';
import { newMember } from '../fleet/newMember';
import { interleave, type Side } from './interleave';
import { always, type Baselines, compileWork, type Measurer, pluginFile } from './programs';
import { type Row, row } from './row';
import type { Scale } from './scale';
import { deploySides } from './startUpRows';
import { addApp, emptyHost, hostOfApps } from './synthesizeHost';

const HOSTS = 100;
const APPS_OF_EACH = 20;
const SERVER_SECONDS = 3600;
const program = pluginFile('bin/dokku-builds');

/** What the fleet costs (docs/fleet.md); nothing where there is no nats-server. */
export async function fleetRows(
  directory: string,
  baselines: Baselines,
  measurer: Measurer,
  scale: Scale,
): Promise<Row[]> {
  const server = installNatsServer();
  if ('missing' in server) {
    process.stderr.write(`       Not measured: ${server.missing}\n`);
    return [];
  }
  const work = compileWork(directory, 'fleetWork');
  return [
    ...(await streamRows(join(directory, 'stream'), baselines, work, measurer, scale, server.program)),
    ...(await memberRows(join(directory, 'members'), baselines, measurer, scale, server.program)),
  ];
}

/** To publish a journal, and to read it. */
async function streamRows(
  directory: string,
  { journalWork }: Baselines,
  work: string,
  measurer: Measurer,
  { longRuns, longHistory, singleEvents }: Scale,
  natsServer: string,
): Promise<Row[]> {
  const { host, env } = emptyHost(directory);
  const [long, short] = [addApp(host, 'long', longHistory), addApp(host, 'short', singleEvents)];
  const [longApp, shortApp] = [long, short].map(({ app }) => appBuilds(host, app).directory) as [string, string];
  const serve = async (name: string, measure: (url: string) => Row[]): Promise<Row[]> => {
    const own = join(directory, name);
    const server = await startNatsServer({ directory: own, program: natsServer, seconds: SERVER_SECONDS });
    try {
      const fleet = await connectNats({ servers: [server.url], inbox: '_INBOX_DKB.bench', name: 'bench' });
      await makeStreams(fleet, 1);
      await fleet.close();
      return measure(server.url);
    } finally {
      await server.stop('SIGKILL');
      rmSync(own, { recursive: true });
    }
  };
  const fold = measurer.side([journalWork, 'replay', longApp], env);
  const compare = (runs: number, what: string, against: string, side: Side, baseline: Side, target: number): Row => {
    const cost = interleave(runs, { side, baseline });
    const [measured, of] = [cost.side.milliseconds, cost.baseline.milliseconds];
    return row({ what, against, unit: 'ms', measured, baseline: of, target, runs });
  };
  const cold = await serve('cold', (url) => {
    measurer.run([work, 'publish', url, longApp], env);
    const mirror = join(directory, 'mirror');
    const read = (): ReturnType<Side> => {
      rmSync(mirror, { recursive: true, force: true });
      return measurer.run([work, 'read', url, mirror], env);
    };
    return [
      compare(longRuns, `cold read and fold of ${String(long.events)} events`, 'the fold alone', read, fold, 1.3),
    ];
  });
  const published = await serve('published', (url) => [
    compare(
      longRuns,
      `publishing ${String(long.events)} events`,
      'folding them',
      measurer.side([work, 'publish', url, longApp], env),
      fold,
      1.6,
    ),
    compare(
      1,
      `publishing ${String(short.events)} events in pieces`,
      'in a message for each',
      measurer.side([work, 'publish', url, shortApp], env),
      measurer.side([work, 'publish-singly', url, shortApp], env),
      0.15,
    ),
  ]);
  return [...published, ...cold];
}

/** What members of a fleet of 100 hosts with 2,000 apps run, with the rights that they have. */
async function memberRows(
  directory: string,
  baselines: Baselines,
  measurer: Measurer,
  { runs }: Scale,
  natsServer: string,
): Promise<Row[]> {
  const [joined, alone] = [emptyHost(join(directory, 'joined')), emptyHost(join(directory, 'alone'))];
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const memberOf = (role: string): Member[] => {
    const { stdout } = measurer.run([program, 'fleet:join', url, '--name', 'bench', '--as', role], joined.env);
    return stdout.split('\n').flatMap((line) => parseMember(line) ?? []);
  };
  const own = ['host', 'reader', 'administrator'].flatMap(memberOf);
  const others = Array.from({ length: HOSTS - 1 }, () => newMember('host'));
  const plan = { members: [...own, ...others], name: 'one', listen: '', store: join(directory, 'store') };
  const configuration = serverConfiguration(plan);
  const options = { directory, program: natsServer, port, configuration, seconds: SERVER_SECONDS };
  const server = await startNatsServer(options);
  try {
    measurer.run([program, 'fleet:init'], joined.env);
    const apps = hostOfApps(join(directory, 'apps'), APPS_OF_EACH, 0);
    for (const [place, { id, key, seed }] of others.entries()) {
      const fleet = await connectNats({ servers: [url], user: { key, seed }, inbox: inboxOf(id), name: 'bench' });
      const about = { host: id, name: `web${place}`, program: '1', buildsRoot: buildsRoot(apps.host) };
      const session = new Session(fleet, { ...about, everySeconds: 3600, warn: console.error });
      session.check();
      await session.publish();
      await session.publishHost();
      await fleet.close();
    }
    for (let app = 0; app < APPS_OF_EACH; app += 1) addApp(joined.host, `app-${app}`, 40);
    const { app } = addApp(alone.host, 'app-0', 40);
    measurer.run([program, 'fleet:push'], joined.env);
    measurer.run([program, 'fleet:list'], joined.env);
    const cost = measurer.interleaveCalls(runs, {
      empty: always([baselines.empty], joined.env),
      list: always([program, 'fleet:list'], joined.env),
    });
    const onJoined = deploySides(joined.host, joined.env, app);
    const onOther = deploySides(alone.host, alone.env, app);
    const triggers = measurer.interleaveCalls(runs, {
      joinedStart: onJoined['builds-record-start'],
      joinedEnd: onJoined['builds-record-finalize'],
      aloneStart: onOther['builds-record-start'],
      aloneEnd: onOther['builds-record-finalize'],
    });
    const asInItsUnit = { ...joined.env, BUN_JSC_useJIT: '0' };
    const agent = spawn(program, ['fleet:agent'], { env: asInItsUnit, stdio: 'ignore' });
    const idle = spawn(baselines.idle, [], { env: joined.env, stdio: 'ignore' });
    await wait(8000); // both rest by then
    const [resident, ofEmpty] = [residentOf(agent.pid), residentOf(idle.pid)];
    for (const one of [agent, idle]) one.kill();
    return [
      row({
        what: 'the triggers of a deploy, on a joined host',
        against: 'on one that is not',
        unit: 'ms',
        measured: triggers.joinedStart.milliseconds + triggers.joinedEnd.milliseconds,
        baseline: triggers.aloneStart.milliseconds + triggers.aloneEnd.milliseconds,
        target: 1.02,
        runs,
      }),
      row({
        what: `fleet:list, ${HOSTS} hosts, ${HOSTS * APPS_OF_EACH} apps`,
        against: 'an empty executable',
        unit: 'ms',
        measured: cost.list.milliseconds,
        baseline: cost.empty.milliseconds,
        target: 10,
        runs,
      }),
      row({
        what: 'idle agent, resident memory',
        against: 'an idle empty executable',
        unit: 'KiB',
        measured: resident,
        baseline: ofEmpty,
        target: 1.5,
        runs: 1,
      }),
    ];
  } finally {
    await server.stop('SIGKILL');
  }
}

/** In KiB. */
function residentOf(pid = 0): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
