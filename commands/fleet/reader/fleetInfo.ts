import { defineCommand } from '../../definition/command';
import { jsonFormat, relative } from '../../definition/flags';
import type { WordArgument } from '../../definition/command';
import { printDetails } from '../../shared/details';
import { displayOf } from '../../shared/display';
import { aWord, choiceFlags, ofFleet, readerFlags } from '../fleetFlags';
import { Failure, printable } from '../../../host/failure';
import { type BuildId, parseBuildId } from '../../../host/dokku/names';
import { type Build, buildsOf, findBuild, type History, newestBuild } from '../../../journal/history';
import { actorText } from '../../../projections/events/eventView';
import { pruningText, logPrunedText, readPastBuild } from '../../../projections/events/past';
import { infoView } from '../../../projections/lists/infoView';
import { asJson } from '../../../subscribers/fleet/mirror/fleetBuilds';
import { historyOf } from '../../../subscribers/fleet/mirror/journalHistory';
import { ageText, chosenJournals, placeOf, readFleet, warnOfGaps, warnOfSilentHosts } from './readFleet';

const LABEL_COLUMNS = 13;

const aBuildOfAnyHost: WordArgument<BuildId> = {
  kind: 'word',
  required: true,
  shown: '<build-id>',
  help: 'the build: its id, the beginning of its id, or last, the newest of each host',
  parse(word) {
    if (word) return parseBuildId(word);
    throw new Failure(
      'Please specify a build id\nThe newest one is last; fleet:list --app <app> --since 30d shows others',
    );
  },
};

export const fleetInfo = defineCommand({
  description: 'Show one build of any host',
  args: { app: aWord('<app>', 'the app'), build: aBuildOfAnyHost },
  flags: { host: choiceFlags.host, format: jsonFormat, relative, ...readerFlags },
  example: 'shop mwxh3njgpl9amb',
  ...ofFleet,
  async run({ host, output, args: { app, build }, flags }) {
    const { mirror, view } = await readFleet(host, output, { ...flags, ask: true });
    const journals = chosenJournals(view, { host: flags.host, app });
    const found = journals.flatMap((journal) => {
      const history = historyOf(mirror, journal);
      const present = presentBuild(history, build);
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
      const { build: one, displayStatus, duration } = shown.shown;
      const ended = one.status === 'running' ? undefined : one;
      const lines: [string, string][] = [
        ['Host', `${journal.host.name} (heard ${ageText(now, journal.host.heardAt)})`],
        ['App', `${journal.app ?? '?'}${journal.gone ? ' (gone)' : ''}`],
        ['Build ID', one.id],
        ['Kind', one.kind],
        ['Status', displayStatus],
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
      printDetails(output, lines, LABEL_COLUMNS);
    }
    return undefined;
  },
});

/** The build on record that `asked` names: an id, the beginning of one, or `last`. Throws `Failure` for several. */
function presentBuild(history: History, asked: BuildId): Build | undefined {
  const exact = findBuild(history, asked);
  if (exact !== undefined || asked === 'last') return exact ?? newestBuild(history);
  const begun = buildsOf(history).filter(({ id }) => id.startsWith(asked));
  if (begun.length > 1) throw new Failure(`${begun.length} builds of a host have an id that begins with ${asked}`);
  return begun[0];
}
