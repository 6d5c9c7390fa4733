import { defineCommand } from '../../definition/command';
import { anApp, aText } from '../../definition/flags';
import { aWord, ofFleet, readerFlags } from '../fleetFlags';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { appBuilds, buildsRoot } from '../../../host/dokku/paths';
import { Failure, printable } from '../../../host/failure';
import { asOwnerOf } from '../../../host/system/asOwner';
import { makeDurableDirectory } from '../../../host/files/durable';
import { removeFile } from '../../../host/files/files';
import { CHECKPOINT_FILE } from '../../../journal/checkpoint';
import { extendJournal } from '../../../journal/file/extendJournal';
import { JOURNAL_FILE, withJournal } from '../../../journal/file/journalFile';
import { verifyJournal } from '../../../journal/file/verifyJournal';
import { replay } from '../../replay';
import { hostsNamed, labelOf, readFleet, warnOfGaps } from '../reader/readFleet';

export const fleetRestore = defineCommand({
  description: 'Bring the journal of an app back onto a host that lost it',
  args: {
    from: aWord('<host>', 'the host whose journal it is, by its name or its id'),
    app: anApp('the app here that gets the journal; it has none, or only the beginning of it'),
  },
  flags: {
    fromApp: aText('<app>', 'the name of the app there, if it differs'),
    ...readerFlags,
  },
  example: 'web1 shop',
  ...ofFleet,
  async run(call) {
    const {
      host,
      output,
      args: { from, app },
      flags,
    } = call;
    const { mirror, view } = await readFleet(host, output, flags);
    const hosts = hostsNamed(view, from);
    const named = view.journals.filter((one) => hosts.includes(one.host) && one.app === (flags.fromApp ?? app));
    const present = named.filter(({ gone }) => !gone);
    const [chosen, another] = present.length > 0 ? present : named;
    if (chosen === undefined) throw new Failure(`Host ${printable(from)} is not known to have an app ${app}`);
    if (another !== undefined)
      throw new Failure(
        `There are ${named.length} journals of ${labelOf(chosen)}: use the id of the host that is meant`,
      );
    if (chosen.entry.gap !== undefined) {
      warnOfGaps(output, [chosen]);
      throw new Failure('A journal with a gap is not restored');
    }
    const source = join(mirror.directoryOf(chosen.entry), JOURNAL_FILE);
    const bytes = readFileSync(source);
    refuseDamage(source);
    const { directory } = appBuilds(host, app);
    const target = join(directory, JOURNAL_FILE);
    asOwnerOf(buildsRoot(host), () => {
      makeDurableDirectory(directory);
      if (!extendJournal(target, bytes))
        throw new Failure(`${app} has a journal of its own here, with other events; it is left as it is (${target})`);
      removeFile(join(directory, CHECKPOINT_FILE));
    });
    output.step(`Restored ${bytes.length} bytes, ${chosen.entry.seq} events, of ${labelOf(chosen)}`);
    return replay.run({ ...call, args: { app }, flags: { allApps: false, dryRun: false } });
  },
});

function refuseDamage(path: string): void {
  const verified = withJournal(path, (journal) => verifyJournal(journal, () => undefined));
  if (verified === undefined) throw new Failure('The mirror has no bytes of that journal');
  const [deviation] = verified.deviations;
  if (deviation !== undefined) throw new Failure(`The copy is not as it was written: ${deviation.meaning}`);
}
