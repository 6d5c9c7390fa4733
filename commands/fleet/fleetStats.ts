import { join } from 'node:path';

import { parseArguments } from '../../host/arguments';
import type { Call } from '../../host/call';
import type { AppName } from '../../host/dokku/names';
import { closeJournal, JOURNAL_FILE, openJournal, START } from '../../journal/file/journalFile';
import { readJournal } from '../../journal/file/readJournal';
import { type AppStats, count, countOpen, noStats } from '../../projections/stats/stats';
import { statsJson, statsView } from '../../projections/stats/statsView';
import type { FleetJournal, FleetView } from '../../subscribers/fleet/fleetView';
import type { Mirror } from '../../subscribers/fleet/mirror';
import { parseFormat, refuseSurplus } from '../shared/positionals';
import { parseWhen } from '../shared/when';
import { statsTables } from '../stats/statsText';
import { chosenJournals, labelOf, readerFlags, readFleet, warnOfGaps, warnOfSilentHosts } from './readFleet';

/** `fleet:stats [--app A] [--host H] [--since <when>] [--format json|stdout] [--mirror DIR] [--offline]` */
export async function fleetStats({ host, output, args }: Call): Promise<undefined> {
  const { positionals, values, switches } = parseArguments(args, {
    app: 'value',
    host: 'value',
    since: 'value',
    format: 'value',
    ...readerFlags,
  });
  refuseSurplus(positionals, 0);
  const format = parseFormat(values['format']);
  const since = parseWhen('since', values['since'], Date.now());
  const { mirror, view, fleet } = await readFleet(host, output, {
    mirror: values['mirror'],
    offline: switches.has('offline'),
    ask: true,
  });
  await fleet?.close();
  const now = Date.now();
  const journals = chosenJournals(view, values);
  warnOfGaps(output, journals);
  warnOfSilentHosts(
    output,
    journals.map((one) => one.host),
    now,
  );
  const stats = statsView(
    journals.map((journal) => ({ app: labelOf(journal) as AppName, stats: statsOf(mirror, view, journal, since) })),
    since,
    now,
  );
  if (format === 'json') output.line(JSON.stringify(statsJson(undefined, stats)));
  else if (stats.all.builds + stats.all.abandoned === 0) output.line('No builds recorded');
  else for (const part of statsTables(undefined, stats)) output.raw(part);
}

function statsOf(mirror: Mirror, view: FleetView, journal: FleetJournal, since: number | undefined): AppStats {
  const counted = noStats(since);
  const file = openJournal(join(mirror.directoryOf(journal.entry), JOURNAL_FILE));
  if (file === undefined) return counted;
  try {
    readJournal(file, START, { event: ({ event }) => count(counted, event), problem: () => undefined });
  } finally {
    closeJournal(file);
  }
  const running = new Set(
    journal.entry.open.filter((build) => view.see(journal, build).status === 'running').map(({ id }) => id),
  );
  countOpen(counted, ({ build }) => running.has(build));
  return counted;
}
