import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { newMember } from '../../../scripts/fleet/newMember';
import { withJournal } from '../../../journal/file/journalFile';
import { JournalPublisher } from '../../../subscribers/fleet/agent/publishJournal';
import { EngineAway } from '../../../subscribers/fleet/engine';
import { makeStreams } from '../../../subscribers/fleet/nats/natsStreams';
import { endOf, journalId } from '../../../subscribers/fleet/piece';
import { fleetJournal, mirrored, publishAll, temporaryMirror } from '../../subscribers/fleet/fleetJournal';
import { cannotMountImage, diskImage } from '../durability/diskImage';
import { audit } from './audit';
import { type OwnServer, startServer, withServer } from './server';

/* The disk of the server is a file, and a copy of this file is what a power cut leaves. */

const inSoak = process.env['SOAK'] === '1' && cannotMountImage === undefined ? withServer : test.skip;

inSoak(
  'G3: a power cut takes nothing that a server acknowledged which syncs first, and publishing goes on',
  async (t) => {
    const { acknowledged, kept, warnings } = await throughPowerCut(t, 'always');
    t.true(kept >= acknowledged, `${kept} of ${acknowledged} bytes`);
    t.deepEqual(warnings, []);
  },
);

inSoak('G3: what a power cut takes from a server that does not sync is published again', async (t) => {
  const { acknowledged, kept } = await throughPowerCut(t, '"2m"');
  t.true(kept < acknowledged, `${kept} of ${acknowledged} bytes`);
});

/**
 * Cuts the power of a server while a host publishes, and goes on with what is left on its disk, until the stream and
 * the mirror of a reader are the journal again. In bytes of the journal: how far it was acknowledged, and how much of
 * it the server kept. What the reader was warned of.
 */
async function throughPowerCut(
  t: ExecutionContext,
  syncInterval: string,
): Promise<{ readonly acknowledged: number; readonly kept: number; readonly warnings: readonly string[] }> {
  const members = [newMember('host'), newMember('reader'), newMember('administrator')] as const;
  const [host, reader, administrator] = members;
  const serve = (disk: string): Promise<OwnServer> =>
    startServer(t, members, (text) =>
      text
        .replace(/store_dir: "[^"]*"/, `store_dir: "${join(disk, 'store')}"`)
        .replace('sync_interval: always', `sync_interval: ${syncInterval}`),
    );
  const [journal, mirror, warnings] = [fleetJournal(t), temporaryMirror(t), [] as string[]];
  const publisherTo = async (own: OwnServer) => new JournalPublisher(await own.connect(host), host.id, journal.path);
  const read = async (own: OwnServer): Promise<void> =>
    mirror.refresh(await own.connect(reader), 0, (message) => warnings.push(message));

  const disk = await diskImage(t, 64 * 1024 * 1024);
  const before = await serve(disk.path);
  await makeStreams(await before.connect(administrator), 1);
  const publisher = await publisherTo(before);
  let acknowledged = 0;
  const publish = async (): Promise<void> => {
    journal.deploy(1);
    const { length } = journal.bytes();
    await publishAll(publisher);
    acknowledged = length;
  };
  for (let deploys = 0; deploys < 100; deploys += 1) await publish();
  await read(before);
  const publishing = (async () => {
    for (;;) await publish();
  })();
  const ended = t.throwsAsync(publishing, { instanceOf: EngineAway });
  for (const until = acknowledged + 10_000; acknowledged < until;)
    await new Promise((resolve) => setImmediate(resolve));
  process.kill(before.server().pid, 'SIGSTOP');
  const known = acknowledged;
  const left = await disk.afterPowerCut();
  await before.server().stop('SIGKILL');
  await ended;

  const after = await serve(left.path);
  await makeStreams(await after.connect(administrator), 1);
  const id = withJournal(journal.path, journalId) ?? '';
  const last = await (await after.connect(host)).lastPiece({ host: host.id, journal: id });
  await publishAll(await publisherTo(after));
  await read(after);
  t.true(mirrored(mirror).equals(journal.bytes()));
  const audited = (await audit(after.server().url, reader.seed, reader.id)).get(id);
  t.deepEqual(audited?.faults, []);
  t.true(audited?.branches.get(1)?.equals(journal.bytes()));
  return { acknowledged: known, kept: last === undefined ? 0 : endOf(last.piece), warnings };
}
