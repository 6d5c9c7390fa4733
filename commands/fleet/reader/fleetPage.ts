import { defineCommand } from '../../definition/command';
import { aText } from '../../definition/flags';
import { choiceFlags, ofFleet, readerFlags } from '../fleetFlags';
import { resolve } from 'node:path';

import { formatTimestamp, toWholeSeconds } from '../../../host/durations';
import type { AppName } from '../../../host/dokku/names';
import { printable } from '../../../host/failure';
import { buildsOf } from '../../../journal/history';
import { replaceFile } from '../../../host/files/replaceFile';
import { addEnds, type EndsByHour, sumOf } from '../../../projections/page/ends';
import { pageHtml } from '../../../projections/page/page';
import { readPageHistory } from '../../../projections/page/pageHistory';
import type { PageApp } from '../../../projections/page/pageApp';
import type { FleetJournal, FleetView } from '../../../subscribers/fleet/mirror/fleetView';
import type { Mirror } from '../../../subscribers/fleet/mirror/mirror';
import { chosenJournals, labelOf, readFleet, silentHostTexts, warnOfGaps, warnOfSilentHosts } from './readFleet';

/** How many ended builds of each app the page shows. */
const OUTCOMES = 60;

export const fleetPage = defineCommand({
  description: 'Write a web page about the builds on all hosts as one file',
  args: {},
  flags: {
    ...choiceFlags,
    out: aText('<file>', 'where to write it; without it the page goes to stdout', 'file'),
    ...readerFlags,
  },
  example: '--out fleet.html',
  ...ofFleet,
  async run({ host, output, flags }) {
    const { mirror, view } = await readFleet(host, output, { ...flags, ask: true });
    const journals = chosenJournals(view, flags).filter(({ app, gone }) => app !== undefined && !gone);
    warnOfGaps(output, journals);
    const hosts = journals.map((one) => one.host);
    warnOfSilentHosts(output, hosts, Date.now());
    const ends: EndsByHour = new Map();
    const html = pageHtml({
      host: `the fleet (${view.hosts.length} hosts)`,
      now: mirror.readAt,
      notes: silentHostTexts(hosts, timeOnPage).map((text) => `${text}.`),
      single: false,
      ends,
      apps: journals.map((journal) => pageApp(mirror, view, journal, ends)),
      log: () => undefined, // logs stay on their hosts
    });
    if (flags.out === undefined) {
      output.raw(html);
      return undefined;
    }
    const path = resolve(flags.out);
    replaceFile(path, html, { mode: 0o644, durable: true });
    output.step(`Wrote ${printable(path)}`);
    return undefined;
  },
});

/** A page is read later than it is written, so it has times in place of ages. */
function timeOnPage(heardAt: number): string {
  return heardAt === 0 ? 'never' : `at ${toWholeSeconds(formatTimestamp(heardAt))}`;
}

/** An app as the page shows it; its ends are added to `all`. */
function pageApp(mirror: Mirror, view: FleetView, journal: FleetJournal, all: EndsByHour): PageApp {
  const { history, events, outcomes, ends } = readPageHistory(mirror.directoryOf(journal.entry), OUTCOMES);
  addEnds(all, ends);
  const builds = buildsOf(history)
    .map((build) => view.show(journal, build).shown)
    .reverse();
  return { app: labelOf(journal) as AppName, builds, events, outcomes, total: sumOf(ends.values()) };
}
