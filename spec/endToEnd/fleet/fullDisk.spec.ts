import { statfsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { newMember } from '../../../scripts/fleet/newMember';
import { JournalPublisher } from '../../../subscribers/fleet/agent/publishJournal';
import { EngineAway } from '../../../subscribers/fleet/engine';
import { Mirror } from '../../../subscribers/fleet/mirror/mirror';
import { makeStreams } from '../../../subscribers/fleet/nats/natsStreams';
import { cannotMountDisk, smallDisk } from '../durability/smallDisk';
import { MemoryFleet } from '../../subscribers/fleet/memoryFleet';
import { fleetJournal, mirrored, publishAll, publisherOf, temporaryMirror } from '../../subscribers/fleet/fleetJournal';
import { startServer, withServer } from './server';

const MIB = 1024 * 1024;
const withDisk = cannotMountDisk === undefined ? test : test.skip;
const withServerAndDisk = cannotMountDisk === undefined ? withServer : test.skip;

withDisk('a reader whose disk is full says so, and reads on when there is room', async (t) => {
  const [engine, journal] = [new MemoryFleet(), fleetJournal(t)];
  const disk = await smallDisk(t, MIB);
  const mirror = Mirror.open(join(disk, 'mirror'));
  const ballast = fill(disk);
  journal.deploy(20);
  await publishAll(publisherOf(engine, journal));
  await t.throwsAsync(() => mirror.refresh(engine, 0, t.fail), { code: 'ENOSPC' });
  rmSync(ballast);
  const again = Mirror.open(mirror.directory);
  await again.refresh(engine, 0, t.fail);
  t.true(mirrored(again).equals(journal.bytes()));
});

withServerAndDisk('what a server with a full disk does not store is published when there is room', async (t) => {
  const [host, reader, administrator] = [newMember('host'), newMember('reader'), newMember('administrator')];
  const disk = await smallDisk(t, 16 * MIB);
  const store = join(disk, 'store');
  const own = await startServer(t, [host, reader, administrator], (text) =>
    text.replace(/store_dir: "[^"]*"/, `store_dir: "${store}"`),
  );
  await makeStreams(await own.connect(administrator), 1);
  const journal = fleetJournal(t);
  journal.deploy(5);
  const publish = async (): Promise<unknown> =>
    publishAll(new JournalPublisher(await own.connect(host), host.id, journal.path));
  await publish();
  const ballast = fill(disk);
  journal.deploy(200);
  await t.throwsAsync(publish, { instanceOf: EngineAway });
  rmSync(ballast);
  await own.restart('SIGKILL');
  await publish();
  const mirror = temporaryMirror(t);
  await mirror.refresh(await own.connect(reader), 0, t.fail);
  t.true(mirrored(mirror).equals(journal.bytes()));
});

/** Leaves no room on the file system of `directory`; removing the file gives it back. */
function fill(directory: string): string {
  const path = join(directory, 'ballast');
  const { bfree, bsize } = statfsSync(directory);
  writeFileSync(path, Buffer.alloc(bfree * bsize));
  return path;
}
