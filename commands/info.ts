import type { Host } from '../host/dokku/environment';
import type { AppName } from '../host/dokku/names';
import { logPath } from '../host/dokku/paths';
import type { Build } from '../journal/history';
import { causeText } from '../projections/events/causeText';
import { actorText } from '../projections/events/eventView';
import { infoView } from '../projections/lists/infoView';
import { type PastBuild, type Pruning, pruningText, logPrunedText } from '../projections/events/past';
import type { ShownBuild } from '../projections/records/record';
import { findNamedBuild } from './shared/buildArgument';
import { defineCommand } from './definition/command';
import { aBuild, anApp, asOf, jsonFormat, noColor, relative } from './definition/flags';
import { printDetails } from './shared/details';
import { type Display, displayOf } from './shared/display';
import { viewApp } from './shared/viewApp';

const LABEL_COLUMNS = 13;

export const info = defineCommand({
  description: 'Show one build',
  args: { app: anApp(), build: aBuild() },
  flags: { format: jsonFormat, asOf, relative, noColor },
  example: 'shop last-failed',
  stock: true,
  alongside: true,
  async run({ host, output, args: { app, build: asked }, flags, now }) {
    const view = viewApp(host, output, app, flags.asOf);
    const found = findNamedBuild(host, { app, ...view, until: flags.asOf }, asked);
    const { id } = found.build;
    const shown = view.show(found.build);
    const log = logPath(host, app, id);
    if (flags.format === 'json') {
      output.line(JSON.stringify(infoView(app, shown, log, found.pruning)));
      return undefined;
    }
    const display = await displayOf(flags, flags.asOf ?? now);
    const lines = [...details(app, shown, log, display), ...journalDetails(found.build, found.pruning)].filter(
      ([, value]) => value !== '',
    );
    if (output.isTerminal) {
      const { printDetailsOnTerminal } = await import('./shared/onTerminal');
      const explained = shown.displayStatus === 'failed' ? await withReason(host, app, found, lines) : lines;
      printDetailsOnTerminal(output, `Build ${id}`, explained, LABEL_COLUMNS, display);
      return undefined;
    }
    printDetails(output, lines, LABEL_COLUMNS);
    return undefined;
  },
});

type Detail = [label: string, value: string];

function details(
  app: AppName,
  { build, displayStatus, duration }: ShownBuild,
  log: string,
  display: Display,
): Detail[] {
  const ended = build.status === 'running' ? undefined : build;
  return [
    ['Build ID', build.id],
    ['App', app],
    ['Kind', build.kind],
    ['Status', displayStatus],
    ['PID', String(build.process.pid)],
    ['Source', build.source],
    ['Started', display.time(build.startedAt)],
    ['Finished', ended ? display.time(ended.finishedAt) : ''],
    ['Duration', duration],
    ['Exit Code', ended ? String(ended.exitCode) : ''],
    ['Log', log],
  ];
}

/** The details of a failed build on a terminal: the exit code in words, and the last error line of the log. */
async function withReason(
  host: Host,
  app: AppName,
  { build, pruning }: PastBuild,
  lines: readonly Detail[],
): Promise<Detail[]> {
  const { lastLogLines } = await import('./shared/lastLogLines');
  const { errorLine } = await import('../projections/lists/whyFailed');
  const { exitCodeText } = await import('../projections/events/exitCodeText');
  const error = pruning === undefined ? errorLine(lastLogLines(host, app, build.id)) : undefined;
  return lines.flatMap(([label, value]): Detail[] => {
    if (label !== 'Exit Code') return [[label, value]];
    const code = exitCodeText(Number(value)).replace(/^exit code /, '');
    const more: Detail[] = error === undefined ? [] : [['Error', error]];
    return [[label, code], ...more];
  });
}

/** Details that are in the journal, but not in the record. */
function journalDetails(build: Build, pruning: Pruning | undefined): Detail[] {
  return [
    ['Started By', actorText(build.actor)],
    ['Revision', build.revision ?? ''],
    ['Canceled By', build.status === 'canceled' ? actorText(build.canceledBy) : ''],
    ['Ended', 'cause' in build && build.cause !== 'exit' && !build.adopted ? causeText(build.cause) : ''],
    ['Adopted', build.adopted ? 'from a record that something else wrote' : ''],
    ['Log Pruned', logPrunedText(build)],
    ['Pruned', pruningText(pruning)],
  ];
}
