import { cpSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import { ulid } from 'ulid';

import { Failure } from '../../../host/failure';
import { connectFleet, isNewEnough, readServers, ServerTooOld } from '../../../subscribers/fleet/nats/connect';
import { EngineAway, NotTheLast } from '../../../subscribers/fleet/engine';
import { connectNats, type NatsFleet } from '../../../subscribers/fleet/nats/natsFleet';
import { JOURNALS, STATES } from '../../../subscribers/fleet/nats/natsMessages';
import { makeStreams, managerOf } from '../../../subscribers/fleet/nats/natsStreams';
import { JournalPublisher } from '../../../subscribers/fleet/agent/publishJournal';
import { natsServerProgram, OLD_NATS_SERVER_VERSION, startNatsServer } from '../../../scripts/fleet/natsServer';
import { newMember } from '../../../scripts/fleet/newMember';
import { temporaryDirectory } from '../../temporaryHost';
import { runAs } from './member';
import { fleetJournal, mirrored, publishAll, temporaryMirror } from '../../subscribers/fleet/fleetJournal';
import { startServer, withServer } from './server';

const piece = { branch: 1, from: 0, bytes: Buffer.from('hello'), frame: { start: 0, crc: 7, seq: 1 }, upTo: 5 };

withServer('what was appended is the last piece, and an append after another one is refused', async (t) => {
  const [host, administrator] = [newMember('host'), newMember('administrator')];
  const own = await startServer(t, [host, administrator]);
  await makeStreams(await own.connect(administrator), 1);
  const fleet = await own.connect(host);
  const of = { host: host.id, journal: ulid() };
  t.is(await fleet.lastPiece(of), undefined);
  const sequence = await fleet.append(of, piece, 0);
  await t.throwsAsync(fleet.append(of, piece, 0), { instanceOf: NotTheLast });
  await t.throwsAsync(fleet.append(of, piece, sequence + 1), { instanceOf: NotTheLast });
  t.deepEqual(await fleet.lastPiece(of), { of, piece, sequence });
  t.is(await fleet.append({ ...of, journal: ulid() }, piece, 0), sequence + 1);
});

withServer(
  'everything is read back in batches of some MiB, in order, by a reader that makes no consumer',
  async (t) => {
    const [host, reader, administrator] = [newMember('host'), newMember('reader'), newMember('administrator')];
    const own = await startServer(t, [host, reader, administrator], (text) => text.replace('always', '"1m"'));
    await makeStreams(await own.connect(administrator), 1);
    const fleet = await own.connect(host);
    const of = { host: host.id, journal: ulid() };
    const bytes = Buffer.alloc(60_000, 1);
    for (let at = 0; at < 200; at += 1) await fleet.append(of, { ...piece, from: at * bytes.length, bytes }, at);
    const reading = await own.connect(reader);
    const sizes: number[] = [];
    const seen: number[] = [];
    for (let from = 1, atEnd = false; !atEnd;) {
      const batch = await reading.readFrom(from);
      sizes.push(batch.pieces.length);
      seen.push(...batch.pieces.map(({ sequence }) => sequence));
      ({ next: from, atEnd } = batch);
    }
    t.deepEqual(
      seen,
      Array.from({ length: 200 }, (_, at) => at + 1),
    );
    t.true(Math.max(...sizes) <= 80, `${sizes.join(', ')} pieces a batch`);
    const manager = await managerOf(await own.connect(administrator));
    t.is((await manager.streams.info(JOURNALS)).state.consumer_count, 0);
  },
);

withServer('a server that forgets its end, or everything, gets all of it again', async (t) => {
  const [host, reader, administrator] = [newMember('host'), newMember('reader'), newMember('administrator')];
  const own = await startServer(t, [host, reader, administrator]);
  await makeStreams(await own.connect(administrator), 1);
  const [journal, mirror] = [fleetJournal(t), temporaryMirror(t)];
  const warnings: string[] = [];
  const publishAndRead = async (): Promise<void> => {
    await publishAll(new JournalPublisher(await own.connect(host), host.id, journal.path));
    await mirror.refresh(await own.connect(reader), 0, (message) => warnings.push(message));
    t.true(mirrored(mirror).equals(journal.bytes()));
  };
  journal.deploy(5);
  await publishAndRead();
  await own.restart('SIGTERM', (directory) =>
    cpSync(join(directory, 'store'), join(directory, 'older'), { recursive: true }),
  );
  journal.deploy(5);
  await publishAndRead();
  t.deepEqual(warnings, []);
  await own.restart('SIGKILL', (directory) => {
    rmSync(join(directory, 'store'), { recursive: true });
    cpSync(join(directory, 'older'), join(directory, 'store'), { recursive: true });
  });
  await publishAndRead();
  await own.restart('SIGKILL', (directory) => rmSync(join(directory, 'store'), { recursive: true }));
  await makeStreams(await own.connect(administrator), 1);
  await publishAndRead();
  t.true(warnings.length > 0);
});

withServer('a server that was killed has all that it acknowledged', async (t) => {
  const [host, administrator] = [newMember('host'), newMember('administrator')];
  const own = await startServer(t, [host, administrator]);
  await makeStreams(await own.connect(administrator), 1);
  const fleet = await own.connect(host);
  const of = { host: host.id, journal: ulid() };
  let acknowledged = 0;
  const publishing = (async () => {
    for (;;) acknowledged = await fleet.append(of, piece, acknowledged);
  })();
  const killed = t.throwsAsync(publishing, { instanceOf: EngineAway });
  while (acknowledged < 50) await new Promise((resolve) => setImmediate(resolve));
  await own.restart('SIGKILL');
  await killed;
  const last = await (await own.connect(host)).lastPiece(of);
  t.true((last?.sequence ?? 0) >= acknowledged, `${String(last?.sequence)} of ${acknowledged}`);
});

withServer('whether a server syncs before it acknowledges can be seen', async (t) => {
  const reader = newMember('reader');
  const durable = await startServer(t, [reader]);
  t.like(await answerOf(await durable.connect(reader)), { name: 'one', durable: true });
  const careless = await startServer(t, [reader], (text) =>
    text.replace('sync_interval: always', 'sync_interval: "2m"'),
  );
  t.like(await answerOf(await careless.connect(reader)), { name: 'one', durable: false });
});

/** What the only server says of itself. It is asked again if it is too busy to answer within a second. */
async function answerOf(fleet: NatsFleet) {
  let [server] = await readServers(fleet);
  for (let tries = 1; server === undefined && tries < 60; tries += 1) [server] = await readServers(fleet);
  return server;
}

withServer('the state of a subject replaces the one before it', async (t) => {
  const [host, reader, administrator] = [newMember('host'), newMember('reader'), newMember('administrator')];
  const own = await startServer(t, [host, reader, administrator]);
  await makeStreams(await own.connect(administrator), 1);
  const [fleet, reading] = [await own.connect(host), await own.connect(reader)];
  for (const name of ['a', 'b']) await fleet.publishState(host.id, 'host', { name });
  const { states, next } = await reading.statesFrom(1);
  t.is(states.length, 1);
  t.like(states[0], { host: host.id, about: 'host', state: { name: 'b' } });
  t.deepEqual(await reading.statesFrom(next), { states: [], next });
  const manager = await managerOf(await own.connect(administrator));
  t.is((await manager.streams.info(STATES)).state.messages, 1);
});

withServer('fleet:init gives streams what they need, and takes no replica away unasked', async (t) => {
  const administrator = newMember('administrator');
  const own = await startServer(t, [administrator]);
  const fleet = await own.connect(administrator);
  const manager = await managerOf(fleet);
  const outcomes = async (replicas?: number): Promise<string[]> =>
    (await makeStreams(fleet, replicas)).map(({ outcome, replicas: count }) => `${outcome} ${count}`);
  t.deepEqual(await outcomes(), ['made 1', 'made 1']);
  t.deepEqual(await outcomes(), ['was there 1', 'was there 1']);
  await t.throwsAsync(makeStreams(fleet, 3), { instanceOf: Failure, message: /3 replicas need a cluster/ });
  await manager.streams.update(JOURNALS, { num_replicas: 3, allow_direct: false }); // a single server accepts that
  t.deepEqual(await outcomes(), ['changed 3', 'was there 1']);
  t.true((await manager.streams.info(JOURNALS)).config.allow_direct);
  t.deepEqual(await outcomes(1), ['changed 1', 'was there 1']);
});

test('servers from 2.11 on are new enough', (t) => {
  t.deepEqual(['2.9.25', '2.10.29', '2.11.0', '2.12.1-RC.1', '3.0.0', ''].map(isNewEnough), [
    false,
    false,
    true,
    true,
    true,
    false,
  ]);
});

test('a server that is too old is refused with what is needed', async (t) => {
  const url = await fakeServer(t, (socket) => {
    const info = { server_id: 'X', version: '2.9.10', proto: 1, max_payload: 1_048_576, headers: true };
    socket.write(`INFO ${JSON.stringify({ ...info, nonce: 'abcdefgh', auth_required: true })}\r\n`);
    socket.on('data', (data) => {
      if (data.toString().includes('PING')) socket.write('PONG\r\n');
    });
  });
  const { seed, id, key } = newMember('host');
  const joined = { role: 'host', servers: [url], id, name: 'web1', key, seed } as const;
  await t.throwsAsync(connectFleet(joined, 60_000), { instanceOf: ServerTooOld, message: /2\.9\.10.*2\.11 or later/ });
});

const old = natsServerProgram(OLD_NATS_SERVER_VERSION);
const withOldServer = 'program' in old ? test : test.skip;

withOldServer('Debian 12 has a server that is refused, and nothing is stored', async (t) => {
  const directory = temporaryDirectory(t);
  const configuration = `jetstream { store_dir: "${directory}/streams" }\n`;
  const server = await startNatsServer({ directory, configuration, program: 'program' in old ? old.program : '' });
  t.teardown(() => server.stop('SIGKILL'));
  const { code, stdout, stderr } = await runAs(directory, ['fleet:join', server.url, '--as', 'reader']);
  t.is(code, 1);
  t.regex(stderr, /nats-server 2\.9\.10: 2\.11 or later is needed, with "sync_interval: always"/);
  t.is(stdout, '');
  t.regex((await runAs(directory, ['fleet:list'])).stderr, /No fleet was joined here/);
});

test('a server that accepts a connection and says nothing is given up', async (t) => {
  const url = await fakeServer(t, () => undefined);
  await t.throwsAsync(connectNats({ servers: [url], inbox: '_INBOX', name: 'x', timeout: 200 }), {
    instanceOf: EngineAway,
  });
});

test('a command ends if the server accepts a connection and says nothing', async (t) => {
  t.timeout(120_000, 'the command does not end');
  const url = await fakeServer(t, () => undefined);
  const { code, stderr } = await runAs(temporaryDirectory(t), ['fleet:join', url]);
  t.regex(stderr, /The fleet does not answer yet \(timeout\)/);
  t.is(code, 0);
});

/** Something that listens, and does what `serve` says with who connects; gone when the test has ended. */
async function fakeServer(t: ExecutionContext, serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return `nats://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
}
