import { asJson, newestFirst } from '../../../subscribers/fleet/mirror/fleetBuilds';
import { defineCommand } from '../../definition/command';
import { aChoice, aTime, jsonFormat, noColor, relative } from '../../definition/flags';
import { formatTable } from '../../../host/terminal/table/table';
import { displayOf } from '../../shared/display';
import { choiceFlags, ofFleet, readerFlags } from '../fleetFlags';

import { buildsOf } from '../../../journal/history';
import { shortRevision, whoText } from '../../../projections/events/eventView';
import { displayStatuses, type SeenStatus } from '../../../projections/records/record';
import {
  type FleetBuild,
  type FleetJournal,
  type FleetView,
  startOf,
} from '../../../subscribers/fleet/mirror/fleetView';
import type { Mirror } from '../../../subscribers/fleet/mirror/mirror';
import { ageText, chosenJournals, readFleet, warnOfGaps, warnOfSilentHosts } from './readFleet';

const STATUSES: readonly SeenStatus[] = [...displayStatuses, 'unknown'];

export const fleetList = defineCommand({
  description: 'List the builds that run on any host or those that match',
  args: {},
  flags: {
    ...choiceFlags,
    status: aChoice(STATUSES, 'only builds with this status; unknown are those that ran on a host that is silent now'),
    since: aTime('only builds that started then or later: a time, or an age such as 2h or 7d'),
    format: jsonFormat,
    relative,
    noColor,
    ...readerFlags,
  },
  example: '--status failed --since 1d',
  ...ofFleet,
  async run({ host, output, flags }) {
    const { status, since, format } = flags;
    const { mirror, view } = await readFleet(host, output, { ...flags, ask: true });
    const now = Date.now();
    const filtered = [flags.app, flags.host, status, since].some((value) => value !== undefined);
    const chosen = filtered ? chosenJournals(view, flags) : view.unsettledJournals;
    const builds = newestFirst(filtered ? await allBuilds(mirror, view, chosen) : openBuilds(view, chosen))
      .filter((one) => status === undefined || one.shown.displayStatus === status)
      .filter((one) => since === undefined || startOf(one) >= since);
    warnOfGaps(output, chosen);
    warnOfSilentHosts(output, filtered ? chosen.map((one) => one.host) : view.hosts, now);
    if (format === 'json') {
      output.line(JSON.stringify(builds.map(asJson)));
    } else if (builds.length === 0) {
      const isKnown = view.hosts.every(({ silent, left }) => left || !silent);
      output.line(filtered ? 'No builds match' : `No builds are ${isKnown ? '' : 'known to be '}running on any host`);
    } else {
      const onTerminal = output.isTerminal;
      const display = await displayOf({ ...flags, relative: flags.relative || onTerminal }, now);
      const rowOf = onTerminal ? terminalRow : row;
      const rows = builds.map((one) => rowOf(one, display.time, now));
      if (onTerminal) {
        const { printTableOnTerminal } = await import('../../shared/onTerminal');
        const title = filtered ? 'Builds of the fleet' : 'Running builds of the fleet';
        printTableOnTerminal(output, title, TERMINAL_COLUMNS, rows, display);
      } else {
        output.raw(formatTable(COLUMNS, rows));
      }
    }
    return undefined;
  },
});

/** The builds without an end, from the index of the mirror alone. */
function openBuilds(view: FleetView, journals: readonly FleetJournal[]): FleetBuild[] {
  return journals
    .flatMap((journal) => journal.entry.open.map((build) => view.show(journal, build)))
    .filter(({ shown }) => shown.displayStatus !== 'abandoned');
}

async function allBuilds(mirror: Mirror, view: FleetView, journals: readonly FleetJournal[]): Promise<FleetBuild[]> {
  const { historyOf } = await import('../../../subscribers/fleet/mirror/journalHistory');
  return journals.flatMap((journal) => buildsOf(historyOf(mirror, journal)).map((build) => view.show(journal, build)));
}

const COLUMNS = ['Host', 'App', 'Build ID', 'Kind', 'Status', 'Source', 'Started', 'Duration', 'Heard'];

function row(one: FleetBuild, time: (at: string) => string, now: number): string[] {
  const { build, duration } = one.shown;
  const [host, app, status, heard] = factsOf(one, now);
  return [host, app, build.id, build.kind, status, build.source, time(build.startedAt), duration, heard];
}

const TERMINAL_COLUMNS = [
  ...['Host', 'App', 'Build ID', 'Commit', 'Who', 'Status'],
  ...['When', 'Duration', 'Source', 'Heard'],
];

function terminalRow(one: FleetBuild, time: (at: string) => string, now: number): string[] {
  const { build, duration } = one.shown;
  const [host, app, status, heard] = factsOf(one, now);
  const [commit, who] = [shortRevision(build.revision), whoText(build.actor)];
  return [host, app, build.id, commit, who, status, time(build.startedAt), duration, build.source, heard];
}

type Facts = readonly [host: string, app: string, status: string, heard: string];

function factsOf({ journal: { host, app, gone }, shown }: FleetBuild, now: number): Facts {
  const { displayStatus } = shown;
  const heard = ageText(now, host.heardAt);
  const status = displayStatus === 'unknown' ? `unknown, last heard ${heard}` : displayStatus;
  return [host.name, `${app ?? '?'}${gone ? ' (gone)' : ''}`, status, heard];
}
