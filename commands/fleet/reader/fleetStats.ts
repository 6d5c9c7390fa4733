import { countJournal } from '../../../projections/stats/countJournal';
import type { OpenBuild } from '../../../projections/stats/stats';
import { type NamedStats, statsJson, statsView } from '../../../projections/stats/statsView';
import type { FleetJournal, FleetView } from '../../../subscribers/fleet/mirror/fleetView';
import type { Mirror } from '../../../subscribers/fleet/mirror/mirror';
import { defineCommand } from '../../definition/command';
import { aTime, jsonFormat } from '../../definition/flags';
import { statsTables } from '../../stats/statsText';
import { choiceFlags, ofFleet, readerFlags } from '../fleetFlags';
import { chosenJournals, placeOf, readFleet, warnOfGaps, warnOfSilentHosts } from './readFleet';

export const fleetStats = defineCommand({
  description: 'Show figures of the builds on all hosts',
  args: {},
  flags: {
    ...choiceFlags,
    since: aTime('only builds that started then or later: a time, or an age such as 30d'),
    format: jsonFormat,
    ...readerFlags,
  },
  example: '--since 30d',
  ...ofFleet,
  async run({ host, output, flags }) {
    const { since, format } = flags;
    const { mirror, view } = await readFleet(host, output, { ...flags, ask: true });
    const now = Date.now();
    const journals = chosenJournals(view, flags);
    warnOfGaps(output, journals);
    warnOfSilentHosts(
      output,
      journals.map((one) => one.host),
      now,
    );
    const stats = statsView(
      journals.map((journal) => statsOf(mirror, view, journal, since)),
      since,
      now,
    );
    if (format === 'json') output.line(JSON.stringify(statsJson(undefined, stats)));
    else if (stats.all.builds + stats.all.abandoned === 0) output.line('No builds recorded');
    else for (const part of statsTables(undefined, stats)) output.raw(part);
    return undefined;
  },
});

function statsOf(mirror: Mirror, view: FleetView, journal: FleetJournal, since: number | undefined): NamedStats {
  const running = new Set(
    journal.entry.open
      .filter((build) => view.show(journal, build).shown.displayStatus === 'running')
      .map(({ id }) => id),
  );
  const isRunning = ({ build }: OpenBuild): boolean => running.has(build);
  return countJournal(placeOf(mirror, journal), () => undefined, { since, isRunning });
}
