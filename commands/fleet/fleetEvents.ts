import { parseArguments } from '../../host/arguments';
import type { Call } from '../../host/call';
import { Failure, printable } from '../../host/failure';
import type { AppName } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { eventTypes, type Recorded } from '../../journal/events';
import { eventColumns, eventJson, eventRow } from '../../projections/events/eventView';
import { eventSource, type EventSource, mergedEvents } from '../../projections/events/mergedEvents';
import { once } from '../../projections/problemWarnings';
import { type FleetJournal, FleetView } from '../../subscribers/fleet/fleetView';
import type { Mirror } from '../../subscribers/fleet/mirror';
import { refuseSurplus } from '../shared/positionals';
import { parseWhen } from '../shared/when';
import { followFleet } from './followFleet';
import { chosenJournals, labelOf, readerFlags, readFleet, warnOfGaps, warnOfSilentHosts } from './readFleet';

/** `fleet:events [<app>] [--host H] [--type T] [--since <when>] [--until <when>] [--follow] [--format stdout|jsonl] [--mirror DIR] [--offline]` */
export async function fleetEvents({ host, output, args }: Call): Promise<undefined> {
  const { positionals, values, switches } = parseArguments(args, {
    host: 'value',
    type: 'value',
    since: 'value',
    until: 'value',
    format: 'value',
    follow: 'switch',
    ...readerFlags,
  });
  refuseSurplus(positionals, 1);
  const passes = parseFilter(values);
  const print = printerOf(output, values['format']);
  const flags = { mirror: values['mirror'], offline: switches.has('offline') };
  if (switches.has('follow') && flags.offline) throw new Failure('--follow and --offline do not go together');
  const { mirror, view, fleet } = await readFleet(host, output, flags);
  const [app] = positionals;
  const choice = { ...(app !== undefined && { app }), ...(values['host'] !== undefined && { host: values['host'] }) };
  const sources = new Map<string, Source>();
  const warn = once(output.warn);
  const printMore = (now: FleetView): void => {
    for (const journal of chosenJournals(now, choice)) addSource(sources, mirror, journal, warn);
    for (const { app: key, recorded } of mergedEvents(
      [...sources.values()].map(({ source }) => source),
      passes,
    )) {
      const journal = sources.get(key)?.journal;
      if (journal !== undefined) print(journal, recorded);
    }
    output.flush();
  };
  const journals = chosenJournals(view, choice);
  warnOfGaps(output, journals);
  warnOfSilentHosts(output, view.hosts, Date.now());
  printMore(view);
  if (!switches.has('follow')) {
    await fleet?.close();
    return;
  }
  await followFleet(host, mirror, fleet, output.warn, () => printMore(new FleetView(mirror, Date.now())));
}

interface Source {
  readonly source: EventSource;
  journal: FleetJournal;
}

/** Journals are told apart by their key: two hosts may have apps of one name. */
function addSource(
  sources: Map<string, Source>,
  mirror: Mirror,
  journal: FleetJournal,
  warn: (message: string) => void,
): void {
  const key = `${journal.host.id}/${journal.entry.journal}`;
  const known = sources.get(key);
  if (known !== undefined) {
    known.journal = journal;
    return;
  }
  const builds = { app: labelOf(journal) as AppName, directory: mirror.directoryOf(journal.entry), buildsRoot: '' };
  sources.set(key, { source: { ...eventSource(builds, warn), app: key as AppName }, journal });
}

function parseFilter(values: Partial<Record<string, string>>): (recorded: Recorded) => boolean {
  const now = Date.now();
  const type = eventTypes.find((one) => one === values['type']);
  if (values['type'] !== undefined && type === undefined) {
    throw new Failure(`Invalid --type value "${printable(values['type'])}" (allowed: ${eventTypes.join(', ')})`);
  }
  const since = parseWhen('since', values['since'], now) ?? Number.NEGATIVE_INFINITY;
  const until = parseWhen('until', values['until'], now) ?? Number.POSITIVE_INFINITY;
  return ({ at, event }) => at >= since && at <= until && (type === undefined || event.type === type);
}

/** Rows come one by one, so widths are fixed: those that nearly everything fits. */
const WIDTHS = [16, 16, 20, 5, 13, 14];

function printerOf(output: Output, format = 'stdout'): (journal: FleetJournal, recorded: Recorded) => void {
  const printRow = (cells: readonly string[]): void =>
    output.line(
      cells
        .map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  let begun = false;
  switch (format) {
    case 'jsonl':
      return ({ host, app, entry }, recorded) =>
        output.line(
          JSON.stringify({
            host: host.name,
            host_id: host.id,
            journal: entry.journal,
            ...eventJson((app ?? '') as AppName, recorded),
          }),
        );
    case 'stdout':
      return ({ host, app }, recorded) => {
        if (!begun) printRow(['Host', 'App', ...eventColumns]);
        begun = true;
        printRow([host.name, app ?? '?', ...eventRow(recorded)]);
      };
    default:
      throw new Failure('Invalid format specified, supported formats: jsonl, stdout');
  }
}
