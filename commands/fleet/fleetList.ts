import { join } from 'node:path';

import { parseArguments } from '../../host/arguments';
import type { Call } from '../../host/call';
import { Failure, printable } from '../../host/failure';
import { readCheckpoint } from '../../journal/checkpoint';
import { closeJournal, JOURNAL_FILE, openJournal } from '../../journal/file/journalFile';
import type { History } from '../../journal/history';
import { loadFrom, nothingLoaded } from '../../journal/loadHistory';
import { displayStatuses, toRecord } from '../../projections/records/record';
import {
  type FleetBuild,
  type FleetJournal,
  type FleetStatus,
  type FleetView,
  startOf,
} from '../../subscribers/fleet/fleetView';
import type { Mirror } from '../../subscribers/fleet/mirror';
import { printTable, readLook } from '../shared/look';
import { parseFormat, refuseSurplus } from '../shared/positionals';
import { parseWhen } from '../shared/when';
import { ageText, chosenJournals, readerFlags, readFleet, warnOfGaps, warnOfSilentHosts } from './readFleet';

/** `fleet:list [--app A] [--host H] [--status S] [--since <when>] [--format json|stdout] [--relative] [--no-color] [--mirror DIR] [--offline]` */
export async function fleetList({ host, output, args }: Call): Promise<undefined> {
  const { positionals, values, switches } = parseArguments(args, {
    app: 'value',
    host: 'value',
    status: 'value',
    since: 'value',
    format: 'value',
    relative: 'switch',
    'no-color': 'switch',
    ...readerFlags,
  });
  refuseSurplus(positionals, 0);
  const format = parseFormat(values['format']);
  const status = parseStatus(values['status']);
  const since = parseWhen('since', values['since'], Date.now());
  const { mirror, view, fleet } = await readFleet(host, output, {
    mirror: values['mirror'],
    offline: switches.has('offline'),
    ask: true,
  });
  await fleet?.close();
  const now = Date.now();
  const chosen = chosenJournals(view, values);
  const filtered = ['app', 'host', 'status', 'since'].some((name) => values[name] !== undefined);
  const builds = (filtered ? allBuilds(mirror, view, chosen) : openBuilds(view, chosen))
    .filter((one) => status === undefined || one.status === status)
    .filter((one) => since === undefined || startOf(one) >= since)
    .sort((a, b) => startOf(b) - startOf(a));
  warnOfGaps(output, chosen);
  warnOfSilentHosts(output, filtered ? chosen.map((one) => one.host) : view.hosts, now);
  if (format === 'json') {
    output.line(JSON.stringify(builds.map(asJson)));
  } else if (builds.length === 0) {
    output.line(filtered ? 'No builds match' : 'No builds are running on any host');
  } else {
    const look = await readLook(switches, now);
    const rows = builds.map((one) => row(one, look.time, now));
    await printTable(output, filtered ? 'Builds of the fleet' : 'Running builds of the fleet', COLUMNS, rows, look);
  }
}

const STATUSES: readonly FleetStatus[] = [...displayStatuses, 'unknown'];

function parseStatus(text: string | undefined): FleetStatus | undefined {
  if (text === undefined || text === '') return undefined;
  const status = STATUSES.find((one) => one === text);
  if (status !== undefined) return status;
  throw new Failure(`Invalid --status value "${printable(text)}" (allowed: ${STATUSES.join(', ')})`);
}

/** Those that no event has ended; from the index of the mirror alone. */
function openBuilds(view: FleetView, journals: readonly FleetJournal[]): FleetBuild[] {
  return journals
    .flatMap((journal) => journal.entry.open.map((build) => view.see(journal, build)))
    .filter(({ status }) => status !== 'abandoned');
}

function allBuilds(mirror: Mirror, view: FleetView, journals: readonly FleetJournal[]): FleetBuild[] {
  return journals.flatMap((journal) => historyOf(mirror, journal).builds.map((build) => view.see(journal, build)));
}

/** The history of a journal in the mirror. */
export function historyOf(mirror: Mirror, { entry }: FleetJournal): History {
  const directory = mirror.directoryOf(entry);
  const journal = openJournal(join(directory, JOURNAL_FILE));
  if (journal === undefined) return nothingLoaded.history;
  try {
    return loadFrom(journal, readCheckpoint(directory)).history;
  } finally {
    closeJournal(journal);
  }
}

const COLUMNS = ['Host', 'App', 'Build ID', 'Kind', 'Status', 'Source', 'Started', 'Duration', 'Heard'];

function row({ journal, seen, status }: FleetBuild, time: (at: string) => string, now: number): string[] {
  const { build, duration } = seen;
  const { host, app, gone } = journal;
  const heard = ageText(now, host.heardAt);
  const name = `${app ?? '?'}${gone ? ' (gone)' : ''}`;
  const text = status === 'unknown' ? `unknown, last heard ${heard}` : status;
  return [host.name, name, build.id, build.kind, text, build.source, time(build.startedAt), duration, heard];
}

/** The JSON of a build: whose it is, its record, and how it is seen. */
export function asJson({ journal, seen, status }: FleetBuild): object {
  const { host, app, gone, entry } = journal;
  const { app: _, ...record } = toRecord((app ?? '') as never, seen.build);
  return {
    host: host.name,
    host_id: host.id,
    journal: entry.journal,
    app: app ?? null,
    gone,
    ...record,
    display_status: status,
    duration: seen.duration,
    heard_at: host.heardAt === 0 ? null : new Date(host.heardAt).toISOString(),
  };
}
