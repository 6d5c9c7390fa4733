import { requireApp } from '../host/apps';
import { parseArguments } from '../host/arguments';
import type { Call } from '../host/call';
import { toWholeSeconds } from '../host/durations';
import { Failure, visible } from '../host/failure';
import { type AppName, type BuildId, parseBuildId } from '../host/names';
import { appBuilds, logPath } from '../host/paths';
import { type Build, findBuild } from '../journal/history';
import { actorText } from '../projections/eventView';
import { infoView } from '../projections/infoView';
import { type Left, leftText, type PastBuild, readPast } from '../projections/past';
import { type SeenBuild } from '../projections/record';
import { parseFormat, refuseSurplus, takeApp } from './positionals';
import { viewApp } from './see';
import { parseWhen } from './when';

const LABEL_COLUMNS = 13;

/** `builds:info <app> <build-id> [--format json|stdout] [--as-of <when>]` */
export function info({ host, output, args }: Call): undefined {
  const { positionals, values } = parseArguments(args, { format: 'value', 'as-of': 'value' });
  const named = takeApp(host, positionals);
  refuseSurplus(named.others, 1);
  const format = parseFormat(values['format']);
  const asOf = parseWhen('as-of', values['as-of'], Date.now());
  const app = requireApp(host, named.app);
  const id = requireBuildId(named.others[0]);
  const { history, see } = viewApp(host, output, app, asOf);
  const present = findBuild(history, id);
  const found: PastBuild | undefined = present
    ? { build: present }
    : findPast(appBuilds(host, app).directory, id, asOf);
  if (found === undefined) throw new Failure(`No build record found for ${app}/${id}`);
  const seen = see(found.build);
  const log = logPath(host, app, id);
  if (format === 'json') {
    output.line(JSON.stringify(infoView(app, seen, log, found.left)));
    return;
  }
  output.viewTitle(`Build ${id}`);
  for (const [label, value] of [...details(app, seen, log), ...journalDetails(found.build, found.left)]) {
    if (value !== '') output.verbose(`${`${label}:`.padEnd(LABEL_COLUMNS)}${visible(value)}`);
  }
}

function requireBuildId(text: string | undefined): BuildId {
  if (!text) throw new Failure('Please specify a build id');
  return parseBuildId(text);
}

/** A build that has left is still answered for, by the journal alone. */
function findPast(directory: string, id: BuildId, until: number | undefined): PastBuild | undefined {
  return readPast(directory, { only: id, until }).at(-1);
}

function details(app: AppName, { build, displayStatus, duration }: SeenBuild, log: string): [string, string][] {
  const ended = build.status === 'running' ? undefined : build;
  return [
    ['Build ID', build.id],
    ['App', app],
    ['Kind', build.kind],
    ['Status', displayStatus],
    ['PID', String(build.process.pid)],
    ['Source', build.source],
    ['Started', toWholeSeconds(build.startedAt)],
    ['Finished', ended ? toWholeSeconds(ended.finishedAt) : ''],
    ['Duration', duration],
    ['Exit Code', ended ? String(ended.exitCode) : ''],
    ['Log', log],
  ];
}

/** What the record does not say and the journal does. */
function journalDetails(build: Build, left: Left | undefined): [string, string][] {
  return [
    ['Started By', actorText(build.actor)],
    ['Revision', build.revision ?? ''],
    ['Canceled By', build.status === 'canceled' ? actorText(build.canceledBy) : ''],
    [
      'Found Dead',
      build.status === 'failed' && build.cause === 'abandoned'
        ? 'its process was gone; finished is its last sign of life'
        : '',
    ],
    ['Adopted', build.adopted ? 'from a record that something else wrote' : ''],
    ['Pruned', leftText(left)],
  ];
}
