import { defineCommand } from '../../definition/command';
import { checkInterval } from '../../definition/when';
import { aChoice, anEndTime, aSwitch, aTime, format } from '../../definition/flags';
import { choiceFlags, maybeWord, ofFleet, readerFlags } from '../fleetFlags';
import { Failure, type Warn } from '../../../host/failure';
import type { Output } from '../../../host/terminal/output';
import { eventTypes, type Recorded } from '../../../journal/events';
import { happenedAt, writtenAt } from '../../../projections/events/happenedAt';
import { type EventSource, mergedEvents } from '../../../projections/events/mergedEvents';
import { wantedEvents } from '../../../projections/events/wantedEvents';
import { once } from '../../../projections/problemWarnings';
import { type FleetJournal, FleetView } from '../../../subscribers/fleet/mirror/fleetView';
import type { Mirror } from '../../../subscribers/fleet/mirror/mirror';
import { openTable } from '../../events/eventTable';
import { followFleet } from './followFleet';
import { eventAsJson, sourceOf } from './journalEvents';
import { chosenJournals, connectAndRead, warnOfGaps, warnOfSilentHosts } from './readFleet';

export const fleetEvents = defineCommand({
  description: 'Show the raw history of all hosts merged by time',
  args: { app: maybeWord('<app>', 'only apps of this name') },
  flags: {
    host: choiceFlags.host,
    type: aChoice(eventTypes, 'only BuildStarted, BuildFinished, BuildCanceled or Pruned', { shown: 'T' }),
    since: aTime('only events at that time or later: a time, or an age such as 2h or 7d'),
    until: anEndTime('only events at that time or earlier'),
    follow: aSwitch('go on with new events until ^C'),
    format: format<'stdout' | 'jsonl'>(['jsonl', 'stdout'], 'a table (the default), or one JSON object a line'),
    ...readerFlags,
  },
  example: '--follow',
  ...ofFleet,
  async run({ host, output, args: { app }, flags }) {
    checkInterval(flags);
    const timeOf = flags.format === 'stdout' ? happenedAt : writtenAt;
    const passes = wantedEvents(flags, timeOf);
    const { print, pause } = await openPrinter(output, flags.format);
    if (flags.follow && flags.offline) throw new Failure('--follow and --offline do not go together');
    const { mirror, view, fleet } = await connectAndRead(host, output, {
      mirror: flags.mirror,
      offline: flags.offline,
      acceptUnread: flags.follow,
    });
    const choice = { app, host: flags.host };
    const sources = new Map<string, Source>();
    const warn = once(output.warn);
    const printMore = (now: FleetView): void => {
      for (const journal of chosenJournals(now, choice)) addSource(sources, mirror, journal, warn);
      for (const { app: key, recorded } of mergedEvents(
        [...sources.values()].map(({ source }) => source),
        passes,
        timeOf,
      )) {
        const journal = sources.get(key)?.journal;
        if (journal !== undefined) print(journal, recorded);
      }
      pause();
      output.flush();
    };
    const journals = chosenJournals(view, choice);
    warnOfGaps(output, journals);
    warnOfSilentHosts(output, view.hosts, Date.now());
    printMore(view);
    if (!flags.follow) {
      await fleet?.close();
      return undefined;
    }
    await followFleet(host, mirror, fleet, output.warn, () => printMore(new FleetView(mirror, Date.now())));
    return undefined;
  },
});

interface Source {
  readonly source: EventSource;
  journal: FleetJournal;
}

function addSource(sources: Map<string, Source>, mirror: Mirror, journal: FleetJournal, warn: Warn): void {
  const source = sourceOf(mirror, journal, warn);
  const known = sources.get(source.app);
  if (known !== undefined) {
    known.journal = journal;
    return;
  }
  sources.set(source.app, { source, journal });
}

/** Rows are printed one by one, so the widths are fixed. Nearly all names fit. */
const WHERE = [
  { name: 'Host', width: 16 },
  { name: 'App', width: 16 },
];

async function openPrinter(
  output: Output,
  as: 'stdout' | 'jsonl',
): Promise<{ print: (journal: FleetJournal, recorded: Recorded) => void; pause: () => void }> {
  if (as === 'stdout') {
    const wanted = { where: WHERE, colour: true, relative: false, now: Date.now() };
    const table = await openTable(output, wanted);
    const print = ({ host, app }: FleetJournal, recorded: Recorded): void =>
      table.print([host.name, app ?? '?'], recorded);
    return { print, pause: () => table.pause() };
  }
  return {
    print: (journal, recorded) => output.line(JSON.stringify(eventAsJson(journal, recorded))),
    pause: () => undefined,
  };
}
