import { parseArguments } from '../../host/arguments';
import type { Call } from '../../host/call';
import { Failure, printable, visible } from '../../host/failure';
import { parseBuildId } from '../../host/dokku/names';
import { findBuild } from '../../journal/history';
import { actorText } from '../../projections/events/eventView';
import { leftText, readPast } from '../../projections/events/past';
import { infoView } from '../../projections/lists/infoView';
import { readLook } from '../shared/look';
import { parseFormat, refuseSurplus } from '../shared/positionals';
import { asJson, historyOf } from './fleetList';
import { ageText, chosenJournals, readerFlags, readFleet, warnOfGaps, warnOfSilentHosts } from './readFleet';

const LABEL_COLUMNS = 13;

/** `fleet:info <app> <build-id> [--host H] [--format json|stdout] [--relative] [--mirror DIR] [--offline]` */
export async function fleetInfo({ host, output, args }: Call): Promise<undefined> {
  const { positionals, values, switches } = parseArguments(args, {
    host: 'value',
    format: 'value',
    relative: 'switch',
    ...readerFlags,
  });
  refuseSurplus(positionals, 2);
  const [app, id] = positionals;
  if (app === undefined || id === undefined) throw new Failure('Please specify an app and a build id');
  const build = parseBuildId(id);
  const format = parseFormat(values['format']);
  const { mirror, view, fleet } = await readFleet(host, output, {
    mirror: values['mirror'],
    offline: switches.has('offline'),
    ask: true,
  });
  await fleet?.close();
  const journals = chosenJournals(view, { ...values, app });
  const found = journals.flatMap((journal) => {
    const present = findBuild(historyOf(mirror, journal), build);
    const builds = { app: (journal.app ?? '') as never, directory: mirror.directoryOf(journal.entry), buildsRoot: '' };
    const past = present ? { build: present } : readPast(builds, { only: build }, output.warn).at(-1);
    return past === undefined ? [] : [{ journal, past, seen: view.see(journal, past.build) }];
  });
  const [first] = found;
  if (first === undefined) throw new Failure(`No host is known to have a build ${printable(app)}/${build}`);
  const now = Date.now();
  warnOfGaps(output, journals);
  warnOfSilentHosts(
    output,
    found.map(({ journal }) => journal.host),
    now,
  );
  const look = await readLook(switches, now);
  for (const { journal, past, seen } of found) {
    const left = 'left' in past ? past.left : undefined;
    if (format === 'json') {
      const local = infoView((journal.app ?? '') as never, { ...seen.seen, displayStatus: 'running' }, '', left);
      output.line(JSON.stringify({ ...asJson(seen), event: (local as { event: object }).event }));
      continue;
    }
    const { build: one, duration } = seen.seen;
    const ended = one.status === 'running' ? undefined : one;
    const lines: [string, string][] = [
      ['Host', `${journal.host.name} (heard ${ageText(now, journal.host.heardAt)})`],
      ['App', `${journal.app ?? '?'}${journal.gone ? ' (gone)' : ''}`],
      ['Build ID', one.id],
      ['Kind', one.kind],
      ['Status', seen.status],
      ['Source', one.source],
      ['Started', look.time(one.startedAt)],
      ['Finished', ended ? look.time(ended.finishedAt) : ''],
      ['Duration', duration],
      ['Exit Code', ended ? String(ended.exitCode) : ''],
      ['Started By', actorText(one.actor)],
      ['Revision', one.revision ?? ''],
      ['Canceled By', one.status === 'canceled' ? actorText(one.canceledBy) : ''],
      ['Pruned', leftText(left)],
    ];
    output.viewTitle(`Build ${one.id}`);
    for (const [label, value] of lines) {
      if (value !== '') output.verbose(`${`${label}:`.padEnd(LABEL_COLUMNS)}${visible(value)}`);
    }
  }
}
