import { resolve } from 'node:path';

import { parseArguments } from '../../host/arguments';
import type { Call } from '../../host/call';
import type { AppName } from '../../host/dokku/names';
import { printable } from '../../host/failure';
import { replaceFile } from '../../host/system/files';
import { pageHtml } from '../../projections/page/page';
import { readPageHistory } from '../../projections/page/pageHistory';
import type { PageApp } from '../../projections/page/pageNumbers';
import type { FleetJournal, FleetView } from '../../subscribers/fleet/fleetView';
import type { Mirror } from '../../subscribers/fleet/mirror';
import { refuseSurplus } from '../shared/positionals';
import { seenLocally } from './fleetWatch';
import { chosenJournals, labelOf, readerFlags, readFleet, warnOfGaps, warnOfSilentHosts } from './readFleet';

/** How many ends are told of each app. */
const OUTCOMES = 60;

/** `fleet:page [--app A] [--host H] [--out <file>] [--mirror DIR] [--offline]` */
export async function fleetPage({ host, output, args }: Call): Promise<undefined> {
  const { positionals, values, switches } = parseArguments(args, {
    app: 'value',
    host: 'value',
    out: 'value',
    ...readerFlags,
  });
  refuseSurplus(positionals, 0);
  const { mirror, view, fleet } = await readFleet(host, output, {
    mirror: values['mirror'],
    offline: switches.has('offline'),
    ask: true,
  });
  await fleet?.close();
  const journals = chosenJournals(view, values).filter(({ app, gone }) => app !== undefined && !gone);
  warnOfGaps(output, journals);
  warnOfSilentHosts(
    output,
    journals.map((one) => one.host),
    Date.now(),
  );
  const html = pageHtml({
    host: `the fleet (${view.hosts.length} hosts)`,
    now: Date.now(),
    single: false,
    apps: journals.map((journal) => pageApp(mirror, view, journal)),
    log: () => undefined, // logs stay on their hosts
  });
  if (values['out'] === undefined) {
    output.raw(html);
    return;
  }
  const path = resolve(values['out']);
  replaceFile(path, html, { mode: 0o644, durable: false });
  output.step(`Wrote ${printable(path)}`);
}

function pageApp(mirror: Mirror, view: FleetView, journal: FleetJournal): PageApp {
  const { history, events, outcomes } = readPageHistory(mirror.directoryOf(journal.entry), OUTCOMES);
  const builds = history.builds.map((build) => seenLocally(view.see(journal, build))).reverse();
  return { app: labelOf(journal) as AppName, builds, events, outcomes };
}
