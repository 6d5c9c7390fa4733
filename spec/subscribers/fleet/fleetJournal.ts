import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { closeJournal, JOURNAL_FILE, openJournalForAppend } from '../../../journal/file/journalFile';
import { JournalPublisher } from '../../../subscribers/fleet/agent/publishJournal';
import type { Engine } from '../../../subscribers/fleet/engine';
import { Mirror } from '../../../subscribers/fleet/mirror/mirror';
import { temporaryDirectory } from '../../temporaryHost';
import { finished, started } from '../../journal/buildEvents';
import { appendAll } from '../../journal/file/temporaryJournal';

export const HOST = '01JHZX3M8Q4W5N6P7R8S9T0VWX';

/** A journal file in a directory of its own. */
export interface FleetJournal {
  readonly path: string;
  /** Appends the events of `count` deploys. */
  deploy(count: number): void;
  bytes(): Buffer;
}

export function fleetJournal(t: ExecutionContext, directory = temporaryDirectory(t)): FleetJournal {
  const path = join(directory, JOURNAL_FILE);
  let deploys = 0;
  return {
    path,
    deploy(count) {
      const journal = openJournalForAppend(path);
      const ids = Array.from({ length: count }, (_, one) => `b${deploys + one + 1}`);
      deploys += count;
      appendAll(
        journal,
        ids.flatMap((id) => [started(id), finished(id)]),
      );
      closeJournal(journal);
    },
    bytes: () => readFileSync(path),
  };
}

/** Publishes until nothing is left; gives the steps that it took. */
export async function publishAll(publisher: JournalPublisher): Promise<string[]> {
  const steps: string[] = [];
  for (;;) {
    const { type } = await publisher.step();
    if (type === 'done' || type === 'none') return steps;
    steps.push(type);
  }
}

export function publisherOf(engine: Engine, journal: FleetJournal): JournalPublisher {
  return new JournalPublisher(engine, HOST, journal.path);
}

export function temporaryMirror(t: ExecutionContext): Mirror {
  return Mirror.open(join(temporaryDirectory(t), 'mirror'));
}

/** What the mirror holds of its only journal, or of the only one of `host`. */
export function mirrored(mirror: Mirror, host?: string): Buffer {
  const entry = mirror.journals.find((one) => host === undefined || one.host === host);
  if (entry === undefined) throw new Error('nothing is mirrored');
  return readFileSync(join(mirror.directoryOf(entry), JOURNAL_FILE));
}
