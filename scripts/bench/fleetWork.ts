import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ulid } from 'ulid';

import { findFrames } from '../../journal/file/findFrames';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import { JournalPublisher } from '../../subscribers/fleet/agent/publishJournal';
import { Mirror } from '../../subscribers/fleet/mirror/mirror';
import { connectNats, type NatsFleet } from '../../subscribers/fleet/nats/natsFleet';

/*
 * `fleet-work publish|publish-singly <server> <directory of an app>`: publishes its journal under a host id of its
 * own, in pieces, or in one message for each event. `fleet-work read <server> <directory>`: reads the whole stream
 * into a mirror, and folds it.
 */

const [, , what = '', url = '', directory = ''] = process.argv;

async function main(): Promise<void> {
  const fleet = await connectNats({ servers: [url], inbox: '_INBOX_DKB.bench', name: 'bench' });
  if (what === 'publish') await publish(fleet);
  if (what === 'publish-singly') await publishSingly(fleet);
  if (what === 'read') await Mirror.open(directory).refresh(fleet, Date.now(), console.error);
  await fleet.close();
}

async function publish(fleet: NatsFleet): Promise<void> {
  const publisher = new JournalPublisher(fleet, ulid(), join(directory, JOURNAL_FILE));
  for (let step = await publisher.step(); step.type === 'published';) step = await publisher.step();
}

async function publishSingly(fleet: NatsFleet): Promise<void> {
  const bytes = readFileSync(join(directory, JOURNAL_FILE));
  const of = { host: ulid(), journal: ulid() };
  let after = 0;
  for (const { type, start, end } of findFrames(bytes, 0, true).pieces) {
    if (type !== 'frame') continue;
    const frame = { start, crc: 0, seq: 0 };
    after = await fleet.append(
      of,
      { branch: 1, from: start, bytes: bytes.subarray(start, end), frame, upTo: 0 },
      after,
    );
  }
}

void main();
