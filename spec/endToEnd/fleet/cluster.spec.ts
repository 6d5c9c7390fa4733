import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import type { ExecutionContext } from 'ava';

import { freePort, type NatsServer, startNatsServer } from '../../../scripts/fleet/natsServer';
import { type Keyed, newMember } from '../../../scripts/fleet/newMember';
import { EngineAway } from '../../../subscribers/fleet/engine';
import { connectNats, type NatsFleet } from '../../../subscribers/fleet/nats/natsFleet';
import { JOURNALS } from '../../../subscribers/fleet/nats/natsMessages';
import { makeStreams, managerOf } from '../../../subscribers/fleet/nats/natsStreams';
import { JournalPublisher } from '../../../subscribers/fleet/agent/publishJournal';
import { inboxOf, serverConfiguration } from '../../../subscribers/fleet/nats/serverConfiguration';
import { fleetJournal, mirrored, temporaryMirror } from '../../subscribers/fleet/fleetJournal';
import { audit } from './audit';
import { program, SERVER_SECONDS, withServer } from './server';

withServer(
  'three servers: a follower, the leader, and two of three are killed, and everything arrives once',
  async (t) => {
    const [host, reader, administrator] = [newMember('host'), newMember('reader'), newMember('administrator')];
    const cluster = await startCluster(t, [host, reader, administrator]);
    await cluster.patiently(async () => makeStreams(await cluster.connect(administrator), 3));
    const journal = fleetJournal(t);
    const publish = (): Promise<void> =>
      cluster.patiently(async () => {
        const publisher = new JournalPublisher(await cluster.connect(host), host.id, journal.path);
        for (let step = await publisher.step(); step.type !== 'done'; step = await publisher.step()) continue;
      });
    const leader = async (): Promise<number> => {
      const manager = await managerOf(await cluster.connect(administrator));
      const { cluster: found } = await manager.streams.info(JOURNALS);
      return Number(found?.leader?.slice('node'.length));
    };
    journal.deploy(3);
    await publish();
    const first = await cluster.patiently(leader);
    const follower = (first + 1) % 3;
    await cluster.kill(follower);
    journal.deploy(3);
    await publish();
    await cluster.start(follower);
    const second = await cluster.patiently(leader);
    await cluster.kill(second);
    journal.deploy(3);
    await publish();
    const third = (second + 1) % 3;
    await cluster.kill(third);
    journal.deploy(3);
    const alone = await cluster.patiently(
      async () => new JournalPublisher(await cluster.connect(host), host.id, journal.path),
    );
    await t.throwsAsync(() => alone.step(), { instanceOf: EngineAway });
    await Promise.all([cluster.start(second), cluster.start(third)]);
    await publish();
    const mirror = temporaryMirror(t);
    await cluster.patiently(async () => {
      await mirror.refresh(await cluster.connect(reader), 0, () => undefined);
      if (!mirrored(mirror).equals(journal.bytes())) throw new EngineAway('a server has not caught up');
    });
    const faults = await cluster.patiently(async () => {
      const [audited] = (await audit(cluster.url(), reader.seed, reader.id)).values();
      // Each server answers the audit from its own copy.
      if (audited?.branches.get(1)?.equals(journal.bytes()) !== true)
        throw new EngineAway('a server has not caught up');
      return audited.faults;
    });
    t.deepEqual(faults, []);
  },
);

interface Cluster {
  connect(as: Keyed): Promise<NatsFleet>;
  url(): string;
  kill(node: number): Promise<void>;
  start(node: number): Promise<void>;
  /** Does `work` again for as long as the cluster has no leader. */
  patiently<T>(work: () => Promise<T>): Promise<T>;
}

async function startCluster(t: ExecutionContext, members: readonly Keyed[]): Promise<Cluster> {
  const directory = mkdtempSync(join(tmpdir(), 'dokku-fleet-'));
  const ports = await Promise.all([0, 1, 2].map(() => freePort()));
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
  const servers = new Map<number, NatsServer>();
  const clients: number[] = [];
  const start = async (node: number): Promise<void> => {
    const own = join(directory, String(node));
    const cluster = { name: 'fleet', listen: `127.0.0.1:${ports[node]}`, routes };
    const plan = { members, name: `node${node}`, listen: '', store: join(own, 'store'), cluster };
    const configuration = serverConfiguration(plan);
    const port = (clients[node] ??= await freePort());
    const server = await startNatsServer({ directory: own, program, configuration, port, seconds: SERVER_SECONDS });
    servers.set(node, server);
  };
  t.teardown(async () => {
    await Promise.all([...servers.values()].map((server) => server.stop('SIGKILL')));
    rmSync(directory, { recursive: true, force: true });
  });
  await Promise.all([0, 1, 2].map(start));
  return {
    async connect(user) {
      const urls = [...servers.values()].map(({ url }) => url);
      const fleet = await connectNats({ servers: urls, user, inbox: inboxOf(user.id), name: user.role, timeout: 1000 });
      t.teardown(() => fleet.close());
      return fleet;
    },
    url: () => [...servers.values()][0]?.url ?? '',
    async kill(node) {
      await servers.get(node)?.stop('SIGKILL');
      servers.delete(node);
    },
    start,
    async patiently(work) {
      for (let tries = 0; ; tries += 1) {
        try {
          return await work();
        } catch (error) {
          if (tries === MOST_TRIES) throw error;
          await wait(250); // there is nothing to wait for: a cluster tells nobody that it has elected a leader
        }
      }
    },
  };
}

const MOST_TRIES = 120;
