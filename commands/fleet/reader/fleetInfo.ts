import { defineCommand } from '../../definition/command';
import { aBuild, jsonFormat, relative } from '../../definition/flags';
import { displayOf } from '../../shared/display';
import { aWord, choiceFlags, ofFleet, readerFlags } from '../fleetFlags';
import { Failure, printable, visible } from '../../../host/failure';
import { findBuild } from '../../../journal/history';
import { actorText } from '../../../projections/events/eventView';
import { pruningText, logPrunedText, readPastBuild } from '../../../projections/events/past';
import { infoView } from '../../../projections/lists/infoView';
import { asJson } from '../../../subscribers/fleet/mirror/fleetBuilds';
import { historyOf } from '../../../subscribers/fleet/mirror/journalHistory';
import { ageText, chosenJournals, placeOf, readFleet, warnOfGaps, warnOfSilentHosts } from './readFleet';

const LABEL_COLUMNS = 13;

export const fleetInfo = defineCommand({
  description: 'Show one build of any host',
  args: { app: aWord('<app>', 'the app'), build: aBuild() },
  flags: { host: choiceFlags.host, format: jsonFormat, relative, ...readerFlags },
  example: 'shop mwxh3njgpl9amb',
  ...ofFleet,
  async run({ host, output, args: { app, build }, flags }) {
    const { mirror, view } = await readFleet(host, output, { ...flags, ask: true });
    const journals = chosenJournals(view, { host: flags.host, app });
    const found = journals.flatMap((journal) => {
      const present = findBuild(historyOf(mirror, journal), build);
      const builds = placeOf(mirror, journal);
      const past = present ? { build: present } : readPastBuild(builds, build, undefined, output.warn);
      return past === undefined ? [] : [{ journal, past, shown: view.show(journal, past.build) }];
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
    const look = await displayOf({ relative: flags.relative, noColor: false }, now);
    for (const { journal, past, shown } of found) {
      const pruning = 'pruning' in past ? past.pruning : undefined;
      if (flags.format === 'json') {
        const local = infoView((journal.app ?? '') as never, { ...shown.shown, displayStatus: 'running' }, '', pruning);
        output.line(JSON.stringify({ ...asJson(shown), event: (local as { event: object }).event }));
        continue;
      }
      const { build: one, duration } = shown.shown;
      const ended = one.status === 'running' ? undefined : one;
      const lines: [string, string][] = [
        ['Host', `${journal.host.name} (heard ${ageText(now, journal.host.heardAt)})`],
        ['App', `${journal.app ?? '?'}${journal.gone ? ' (gone)' : ''}`],
        ['Build ID', one.id],
        ['Kind', one.kind],
        ['Status', shown.status],
        ['Source', one.source],
        ['Started', look.time(one.startedAt)],
        ['Finished', ended ? look.time(ended.finishedAt) : ''],
        ['Duration', duration],
        ['Exit Code', ended ? String(ended.exitCode) : ''],
        ['Started By', actorText(one.actor)],
        ['Revision', one.revision ?? ''],
        ['Canceled By', one.status === 'canceled' ? actorText(one.canceledBy) : ''],
        ['Log Pruned', logPrunedText(one)],
        ['Pruned', pruningText(pruning)],
      ];
      output.viewTitle(`Build ${one.id}`);
      for (const [label, value] of lines) {
        if (value !== '') output.verbose(`${`${label}:`.padEnd(LABEL_COLUMNS)}${visible(value)}`);
      }
    }
    return undefined;
  },
});
