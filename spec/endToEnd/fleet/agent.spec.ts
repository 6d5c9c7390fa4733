import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { openFleet } from '../../../commands/api/openFleet';
import { type Keyed, newMember } from '../../../scripts/fleet/newMember';
import { JournalPublisher } from '../../../subscribers/fleet/agent/publishJournal';
import { AGENT_TIMES, runAgent } from '../../../subscribers/fleet/agent/agent';
import { FleetView } from '../../../subscribers/fleet/mirror/fleetView';
import type { NatsFleet } from '../../../subscribers/fleet/nats/natsFleet';
import { JOURNALS } from '../../../subscribers/fleet/nats/natsMessages';
import { makeStreams, managerOf, streamConfigs } from '../../../subscribers/fleet/nats/natsStreams';
import { temporaryDirectory } from '../../temporaryHost';
import { fleetJournal, mirrored, publishAll, temporaryMirror } from '../../subscribers/fleet/fleetJournal';
import { type OwnServer, startServer, withServer } from './server';
import { untilPublished } from './untilPublished';

const ignored = (): void => undefined;

withServer(
  'G3: pieces that are lost in the middle are asked for, and the agent publishes the journal again',
  async (t) => {
    const { own, host, reader, administrator } = await joined(t);
    const manager = await managerOf(await own.connect(administrator));
    for (const config of streamConfigs(1)) await manager.streams.add({ ...config, deny_delete: false });
    const { root, journal } = appWithJournal(t, 'shop');
    journal.deploy(5);
    await publishAll(new JournalPublisher(await own.connect(host), host.id, journal.path));
    await manager.streams.deleteMessage(JOURNALS, 3);
    startAgent(t, own, host, root);
    const [reading, mirror] = [await own.connect(reader), temporaryMirror(t)];
    await untilPublished(t, reading, 'the journal was published again', async () => {
      await mirror.refresh(reading, Date.now(), ignored);
      return mirror.journals.length > 0 && mirrored(mirror).equals(journal.bytes());
    });
    t.is(mirror.journals[0]?.gap, undefined);
    t.deepEqual(mirror.journals[0]?.rewritten, []);
    t.is(mirror.journals[0]?.branch, 2);
  },
);

withServer('an app that is renamed keeps its journal under its new name', async (t) => {
  const { own, host, reader, administrator } = await joined(t);
  await makeStreams(await own.connect(administrator), 1);
  const { root, journal } = appWithJournal(t, 'shop');
  journal.deploy(1);
  startAgent(t, own, host, root);
  const [reading, mirror] = [await own.connect(reader), temporaryMirror(t)];
  const names = async (): Promise<string> => {
    await mirror.refresh(reading, Date.now(), ignored);
    const { journals } = new FleetView(mirror, Date.now());
    return journals.map(({ app, gone }) => `${app ?? '?'}${gone ? ' gone' : ''}`).join();
  };
  await untilPublished(t, reading, 'the app was shop', async () => (await names()) === 'shop');
  renameSync(join(root, 'shop'), join(root, 'store'));
  await untilPublished(t, reading, 'the app was store', async () => (await names()) === 'store');
  t.is(mirror.journals.length, 1);
});

withServer('an agent that is there before the server is publishes when it comes', async (t) => {
  const { own, host, reader, administrator } = await joined(t);
  await makeStreams(await own.connect(administrator), 1);
  const { root, journal } = appWithJournal(t, 'shop');
  journal.deploy(2);
  await own.server().stop('SIGKILL');
  startAgent(t, own, host, root);
  await own.restart('SIGKILL');
  const [reading, mirror] = [await own.connect(reader), temporaryMirror(t)];
  await untilPublished(t, reading, 'the journal was published', async () => {
    await mirror.refresh(reading, Date.now(), ignored);
    return mirror.journals.length > 0 && mirrored(mirror).equals(journal.bytes());
  });
  t.is(mirror.journals[0]?.seq, 4);
});

withServer('the library reads the builds and events of all hosts', async (t) => {
  const { own, host, reader, administrator } = await joined(t);
  await makeStreams(await own.connect(administrator), 1);
  const { root, journal } = appWithJournal(t, 'shop');
  journal.deploy(2);
  startAgent(t, own, host, root);
  const { id, seed } = reader;
  const mirror = join(temporaryDirectory(t), 'mirror');
  const fleet = openFleet({ servers: [own.server().url], id, seed, mirror, warn: (message) => t.fail(message) });
  t.is(fleet.readAt(), undefined);
  await untilPublished(t, await own.connect(reader), 'the library had read it', async () => {
    await fleet.refresh();
    return fleet.list({ app: 'shop' }).length === 2 && fleet.hosts()[0]?.name === 'web1';
  });
  t.deepEqual(
    fleet.list({ host: 'web1' }).map(({ id: build, display_status }) => [build, display_status]),
    [
      ['b2', 'succeeded'],
      ['b1', 'succeeded'],
    ],
  );
  t.deepEqual(
    [...fleet.events()].map(({ host: name, app, seq }) => [name, app, seq]),
    [1, 2, 3, 4].map((seq) => ['web1', 'shop', seq]),
  );
});

async function joined(
  t: ExecutionContext,
): Promise<Record<'host' | 'reader' | 'administrator', Keyed> & { own: OwnServer }> {
  const members = { host: newMember('host'), reader: newMember('reader'), administrator: newMember('administrator') };
  return { ...members, own: await startServer(t, Object.values(members)) };
}

function appWithJournal(t: ExecutionContext, app: string) {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, app));
  return { root, journal: fleetJournal(t, join(root, app)) };
}

function startAgent(t: ExecutionContext, own: OwnServer, { id, ...host }: Keyed, buildsRoot: string): void {
  const end = new AbortController();
  const connect = (): Promise<NatsFleet> => own.connect({ id, ...host });
  const about = { host: id, name: 'web1', program: '1.0.0', buildsRoot, warn: ignored };
  const running = runAgent({ ...AGENT_TIMES, ...about, connect }, end.signal);
  t.teardown(async () => {
    end.abort();
    await running;
  });
}
