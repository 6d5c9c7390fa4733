/**
 * Run by partition.spec.ts in a network namespace of its own: three servers, each in a further namespace at the end of
 * a cable of its own, an agent and a reader. `clusterWork <directory> <events> <nats-server>`: appends so many events
 * while one failure follows the other, and ends with 0 if each of them is in the stream once, and in the mirror.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import type { Keyed } from '../../../scripts/fleet/newMember';
import { builtPlugin } from '../../../scripts/sandbox/layout';
import { appendEvent } from '../../../journal/file/appendEvent';
import { closeJournal, type Head, openJournalForAppend, START } from '../../../journal/file/journalFile';
import { EngineAway } from '../../../subscribers/fleet/engine';
import { connectNats, type NatsFleet } from '../../../subscribers/fleet/nats/natsFleet';
import { JOURNALS } from '../../../subscribers/fleet/nats/natsMessages';
import { makeStreams, managerOf } from '../../../subscribers/fleet/nats/natsStreams';
import {
  inboxOf,
  type Member,
  parseMember,
  serverConfiguration,
} from '../../../subscribers/fleet/nats/serverConfiguration';
import { finished, started } from '../../journal/buildEvents';
import { audit } from './audit';

const [, , directory = '', wanted = '', natsServer = ''] = process.argv;
const program = join(builtPlugin, 'bin', 'dokku-builds');
const APPS = ['shop', 'blog', 'api', 'cart'];
const nodes = [1, 2, 3];
const addressOf = (node: number): string => `10.9.0.${node}`;
const urls = nodes.map((node) => `nats://${addressOf(node)}:4222`);
const env = { PATH: process.env['PATH'] ?? '', HOME: directory, DOKKU_LIB_ROOT: join(directory, 'lib') };
const children = new Map<string, ChildProcess>();

async function main(): Promise<void> {
  ip('link set lo up', 'link add bridge type bridge', 'addr add 10.9.0.254/24 dev bridge', 'link set bridge up');
  const members = ['host', 'reader', 'administrator'].map(joinAs) as [Keyed, Keyed, Keyed];
  const [host, reader, administrator] = members;
  await Promise.all(nodes.map((node) => startNode(node, members)));
  await patiently(async () => makeStreams(await connect(administrator), 3));
  const leader = (): Promise<number> =>
    patiently(async () => {
      const manager = await managerOf(await connect(administrator));
      const name = (await manager.streams.info(JOURNALS)).cluster?.leader ?? '';
      if (!/^node\d$/.test(name)) throw new EngineAway('no leader');
      return Number(name.slice('node'.length));
    });
  const deploy = deployer(Number(wanted));
  const arrived = (): Promise<void> => patiently(() => assertArrived(host));
  startAgent();
  while (deploy.left() > 0) {
    for (const fault of FAULTS) {
      const first = await leader();
      const hit = fault.hits(first);
      process.stdout.write(`${fault.name}: ${hit.map((node) => `node${node}`).join(' and ')}\n`);
      for (const node of hit) {
        if (fault.by === 'cut') cut(node);
        else await kill(node);
      }
      deploy.some();
      await killAgent();
      startAgent();
      if (hit.length === 1) await arrived();
      await readMirror({ killed: true });
      for (const node of hit) {
        if (fault.by === 'cut') heal(node);
        else await startNode(node, members);
      }
      deploy.some();
      await arrived();
    }
  }
  await readMirror({ killed: false });
  const [anywhere = ''] = urls;
  const stream = await patiently(() => audit(anywhere, reader.seed, reader.id));
  for (const app of APPS) {
    const own = readFileSync(journalOf(app));
    const [found] = [...stream.values()].filter(({ branches }) => branches.get(1)?.equals(own) === true);
    assert.ok(found, `${app} in the stream`);
    assert.deepEqual([found.faults, found.branches.size], [[], 1], app);
  }
  process.stdout.write(`${deploy.made()} events, each once\n`);
}

/** What befalls the cluster, seen from the leader of the moment. */
const FAULTS = [
  { name: 'a follower is cut off', by: 'cut', hits: (leader: number) => [(leader % 3) + 1] },
  { name: 'the leader is killed', by: 'kill', hits: (leader: number) => [leader] },
  { name: 'two of three are killed', by: 'kill', hits: (leader: number) => [leader, (leader % 3) + 1] },
  { name: 'the leader is cut off', by: 'cut', hits: (leader: number) => [leader] },
] as const;

function joinAs(role: string): Keyed {
  const out = execFileSync(program, ['fleet:join', urls.join(','), '--insecure', '--name', 'web1', '--as', role], {
    env,
    input: '',
    stdio: ['pipe', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
  const [member] = out.split('\n').flatMap((line) => parseMember(line) ?? []);
  assert.ok(member);
  const settings = role === 'host' ? 'lib/config/builds/--fleet' : `.config/dokku-builds/fleet-${role}`;
  return { ...member, seed: readFileSync(join(directory, settings, 'seed'), 'utf8').trim() };
}

async function startNode(node: number, members: readonly Member[]): Promise<void> {
  const own = join(directory, `node${node}`);
  mkdirSync(own, { recursive: true });
  const routes = nodes.map((one) => `nats://${addressOf(one)}:6222`);
  const cluster = { name: 'fleet', listen: `${addressOf(node)}:6222`, routes };
  const plan = { members, name: `node${node}`, listen: `${addressOf(node)}:4222`, store: join(own, 'store'), cluster };
  writeFileSync(join(own, 'server.conf'), serverConfiguration(plan));
  const script = 'echo made; read -r _ && exec "$1" -c "$2"';
  const server = spawn('unshare', ['--net', 'sh', '-c', script, 'sh', natsServer, join(own, 'server.conf')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.set(`node${node}`, server);
  await said(server, /made/);
  ip(
    `link add cable${node} type veth peer name eth0 netns ${server.pid ?? 0}`,
    `link set cable${node} master bridge up`,
  );
  const inside = (...words: string[]): void =>
    void execFileSync('nsenter', ['-t', String(server.pid), '-n', 'ip', ...words]);
  inside('link', 'set', 'lo', 'up');
  inside('addr', 'add', `${addressOf(node)}/24`, 'dev', 'eth0');
  inside('link', 'set', 'eth0', 'up');
  server.stdin.write('go\n');
  await said(server, /Server is ready/);
}

/** Its namespace ends with it, and so does its cable. */
async function kill(node: number): Promise<void> {
  await ended(`node${node}`);
  for (;;) {
    try {
      ip(`link show cable${node}`);
      await wait(20); // the kernel removes it a moment later, and tells nobody
    } catch {
      return;
    }
  }
}

const cut = (node: number): void => ip(`link set cable${node} down`);
const heal = (node: number): void => ip(`link set cable${node} up`);

function ip(...commands: string[]): void {
  for (const command of commands) execFileSync('ip', command.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
}

function startAgent(): void {
  children.set('agent', spawn(program, ['fleet:agent'], { env, stdio: 'ignore' }));
}

const killAgent = (): Promise<void> => ended('agent');

async function ended(name: string): Promise<void> {
  const child = children.get(name);
  if (child?.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await end;
}

function said(child: ChildProcess, what: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const onData = (data: Buffer): void => {
      printed += data.toString();
      if (what.test(printed)) resolve();
    };
    child.stdout?.on('data', onData);
    child.stderr?.on('data', onData);
    child.once('exit', () => reject(new Error(printed)));
  });
}

/** Reads into the mirror; once killed on the way, which must not matter. */
async function readMirror({ killed }: { readonly killed: boolean }): Promise<void> {
  const reader = spawn(program, ['fleet:verify'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const printed: Buffer[] = [];
  reader.stdout.on('data', (data: Buffer) => printed.push(data));
  const end = new Promise<number | null>((resolve) => reader.once('close', resolve));
  if (killed) {
    await wait(Math.random() * 200); // at any moment
    reader.kill('SIGKILL');
  }
  const code = await end;
  if (killed) return;
  assert.equal(code, 0, Buffer.concat(printed).toString());
  assert.equal(
    (
      Buffer.concat(printed)
        .toString()
        .match(/: intact/g) ?? []
    ).length,
    APPS.length,
  );
}

async function assertArrived(host: Keyed): Promise<void> {
  const fleet = await connect(host);
  for (const app of APPS) {
    const own = readFileSync(journalOf(app));
    const last = await fleet.lastPiece({ host: host.id, journal: journalIds.get(app) ?? '' });
    const end = last === undefined ? 0 : last.piece.from + last.piece.bytes.length;
    if (end < own.length) throw new EngineAway(`${app}: ${end} of ${own.length} bytes`);
  }
}

/** The last frame of each journal: nobody else writes to them. */
const heads = new Map<string, Head>();
const journalIds = new Map<string, string>();
const journalOf = (app: string): string => join(directory, 'lib', 'data', 'builds', app, 'events.journal');

/** Appends `events` in all, a part of them each time. */
function deployer(events: number): { some(): void; left(): number; made(): number } {
  let made = 0;
  const part = Math.ceil(events / (FAULTS.length * 2) / APPS.length / 2) * 2;
  return {
    some() {
      for (const app of APPS) {
        const builds = Math.min(part, Math.ceil((events - made) / 2) * 2, MOST_AT_ONCE) / 2;
        mkdirSync(join(journalOf(app), '..'), { recursive: true });
        const journal = openJournalForAppend(journalOf(app));
        const ids = Array.from({ length: builds }, (_, one) => `b${made + one * 2}`);
        let head = heads.get(app) ?? START;
        for (const event of ids.flatMap((id) => [started(id), finished(id)])) {
          ({ head } = appendEvent(journal, head, event, Date.now(), Math.random));
        }
        heads.set(app, head);
        closeJournal(journal);
        made += builds * 2;
        journalIds.set(app, /[0-7][0-9A-HJKMNP-TV-Z]{25}/.exec(readFileSync(journalOf(app), 'latin1'))?.[0] ?? '');
      }
    },
    left: () => events - made,
    made: () => made,
  };
}

const MOST_AT_ONCE = 500;

let connection: NatsFleet | undefined;

/** One connection at a time, as `as`. */
async function connect({ id, key, seed, role }: Keyed): Promise<NatsFleet> {
  await connection?.close();
  return (connection = await connectNats({
    servers: urls,
    user: { key, seed },
    inbox: inboxOf(id),
    name: role,
    timeout: 1000,
  }));
}

/** Does `work` again for as long as the cluster has no leader, or has not caught up. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === 600) throw error;
      await wait(200); // a cluster tells nobody that it has elected a leader
    }
  }
}

async function run(): Promise<number> {
  try {
    await main();
    return 0;
  } catch (error) {
    console.error(error);
    return 1;
  }
}

void run().then(async (code) => {
  for (const name of children.keys()) await ended(name);
  process.exit(code);
});
