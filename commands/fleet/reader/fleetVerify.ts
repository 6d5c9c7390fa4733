import { defineCommand } from '../../definition/command';
import { jsonFormat } from '../../definition/flags';
import { choiceFlags, ofFleet, readerFlags } from '../fleetFlags';
import { join } from 'node:path';

import { counted } from '../../../host/printable';
import { JOURNAL_FILE, withJournal } from '../../../journal/file/journalFile';
import { verifyJournal, type Verified } from '../../../journal/file/verifyJournal';
import type { FleetJournal } from '../../../subscribers/fleet/mirror/fleetView';
import type { Mirror } from '../../../subscribers/fleet/mirror/mirror';
import { chosenJournals, labelOf, readFleet, warnOfSilentHosts } from './readFleet';

/** Exit status 0 when every journal is whole, else 1. */
export const fleetVerify = defineCommand({
  description: 'Check that the journals of all hosts are whole and as they were written',
  args: {},
  flags: { ...choiceFlags, format: jsonFormat, ...readerFlags },
  example: '--host web1',
  ...ofFleet,
  async run({ host, output, flags }) {
    const { mirror, view } = await readFleet(host, output, flags);
    const journals = chosenJournals(view, flags);
    warnOfSilentHosts(
      output,
      journals.map((one) => one.host),
      Date.now(),
    );
    let failed = false;
    for (const journal of journals) {
      const verified = verifiedOf(mirror, journal);
      const { entry } = journal;
      const problems = [
        ...(verified?.deviations ?? []).map(({ offset, meaning }) => `byte ${offset ?? 0}: ${meaning}`),
        ...(entry.gap === undefined
          ? []
          : [`pieces behind event ${entry.seq} are missing; its host was asked for them`]),
        ...entry.rewritten.map(
          ({ file, same, size }) =>
            `its host has rewritten its past: the first ${same} bytes are the same, ` +
            `${size - same} others it had published before are in ${join(mirror.directoryOf(entry), file)}`,
        ),
      ];
      if (problems.length > 0) failed = true;
      const head = verified?.headDigest;
      if (flags.format === 'json') {
        const { host: of, app, gone } = journal;
        output.line(
          JSON.stringify({
            host: of.name,
            host_id: of.id,
            app: app ?? null,
            gone,
            journal: entry.journal,
            intact: problems.length === 0,
            events: verified?.events ?? 0,
            bytes: verified?.bytes ?? 0,
            head: head === undefined ? null : { seq: verified?.head.seq, digest: head },
            problems,
          }),
        );
      } else {
        const state = problems.length === 0 ? 'intact' : counted(problems.length, 'deviation');
        output.line(
          `Verified ${labelOf(journal)}: ${state}, ${verified?.events ?? 0} ` +
            `events${head === undefined ? '' : `, head ${head}`}`,
        );
        output.flush();
        for (const problem of problems) output.warn(`${labelOf(journal)}: ${problem}`);
      }
    }
    return failed ? 1 : 0;
  },
});

function verifiedOf(mirror: Mirror, { entry }: FleetJournal): Verified | undefined {
  return withJournal(join(mirror.directoryOf(entry), JOURNAL_FILE), (journal) =>
    verifyJournal(journal, () => undefined),
  );
}
