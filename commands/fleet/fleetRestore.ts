import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseArguments } from '../../host/arguments';
import { requireApp } from '../../host/dokku/apps';
import type { Call } from '../../host/call';
import { appBuilds } from '../../host/dokku/paths';
import { Failure, printable } from '../../host/failure';
import { asOwnerOf } from '../../host/system/asOwner';
import { makeDirectory, removeFile, replaceFile } from '../../host/system/files';
import { CHECKPOINT_FILE } from '../../journal/checkpoint';
import { closeJournal, JOURNAL_FILE, openJournal } from '../../journal/file/journalFile';
import { verifyJournal } from '../../journal/file/verifyJournal';
import { replay } from '../replay';
import { refuseSurplus } from '../shared/positionals';
import { hostsNamed, labelOf, readerFlags, readFleet, warnOfGaps } from './readFleet';

/**
 * `fleet:restore <host> <app> [--from-app A] [--mirror DIR] [--offline]`: the journal that the fleet has of that host's app becomes the journal of
 * the app here, where that has none or only the beginning of it. The records are made from it.
 */
export async function fleetRestore(call: Call): Promise<number | undefined> {
  const { host, output, args } = call;
  const { positionals, values, switches } = parseArguments(args, { 'from-app': 'value', ...readerFlags });
  refuseSurplus(positionals, 2);
  const [from, name] = positionals;
  if (from === undefined || name === undefined) throw new Failure('Please specify a host and an app');
  const app = requireApp(host, name);
  const { mirror, view, fleet } = await readFleet(host, output, {
    mirror: values['mirror'],
    offline: switches.has('offline'),
  });
  await fleet?.close();
  const hosts = hostsNamed(view, from);
  const named = view.journals.filter((one) => hosts.includes(one.host) && one.app === (values['from-app'] ?? app));
  const present = named.filter(({ gone }) => !gone);
  const [chosen, another] = present.length > 0 ? present : named;
  if (chosen === undefined) throw new Failure(`Host ${printable(from)} is not known to have an app ${app}`);
  if (another !== undefined)
    throw new Failure(`There are ${named.length} journals of ${labelOf(chosen)}: use the id of the host that is meant`);
  if (chosen.entry.gap !== undefined) {
    warnOfGaps(output, [chosen]);
    throw new Failure('A journal with a gap is not restored');
  }
  const source = join(mirror.directoryOf(chosen.entry), JOURNAL_FILE);
  const bytes = readFileSync(source);
  refuseDamage(source);
  const { directory } = appBuilds(host, app);
  const target = join(directory, JOURNAL_FILE);
  asOwnerOf(host.libRoot, () => {
    const there = readExisting(target);
    if (there !== undefined && !bytes.subarray(0, there.length).equals(there))
      throw new Failure(`${app} has a journal of its own here, with other events; it is left as it is (${target})`);
    makeDirectory(directory);
    replaceFile(target, bytes, { mode: 0o600, durable: true });
    removeFile(join(directory, CHECKPOINT_FILE));
  });
  output.step(`Restored ${bytes.length} bytes, ${chosen.entry.seq} events, of ${labelOf(chosen)}`);
  return replay({ ...call, args: [app] });
}

function readExisting(path: string): Buffer | undefined {
  const journal = openJournal(path);
  if (journal === undefined) return undefined;
  try {
    return readFileSync(journal.fd);
  } finally {
    closeJournal(journal);
  }
}

function refuseDamage(path: string): void {
  const journal = openJournal(path);
  if (journal === undefined) throw new Failure('The mirror has no bytes of that journal');
  try {
    const [deviation] = verifyJournal(journal, () => undefined).deviations;
    if (deviation !== undefined) throw new Failure(`The copy is not as it was written: ${deviation.meaning}`);
  } finally {
    closeJournal(journal);
  }
}
