import type { Call } from '../host/call';
import { requireApp } from '../host/apps';
import { parseArguments } from '../host/arguments';
import { toWholeSeconds } from '../host/durations';
import { Failure, printable } from '../host/failure';
import { type AppName, type BuildId, parseBuildId } from '../host/names';
import { appBuilds, logPath } from '../host/paths';
import { findBuild } from '../journal/history';
import { catchUp } from '../projections/catchUp';
import { buildView, type SeenBuild } from '../projections/record';
import { parseFormat, refuseSurplus, takeApp } from './positionals';
import { see } from './see';

const LABEL_COLUMNS = 12;

/** `builds:info <app> <build-id> [--format json|stdout]` */
export function info({ host, output, args }: Call): undefined {
  const { positionals, values } = parseArguments(args, { format: 'value' });
  const named = takeApp(host, positionals);
  refuseSurplus(named.others, 1);
  const format = parseFormat(values['format']);
  const app = requireApp(host, named.app);
  const id = requireBuildId(named.others[0]);
  const now = Date.now();
  const build = findBuild(catchUp(appBuilds(host, app), now, output.warn).history, id);
  const [seen] = build ? see([build], now) : [];
  if (seen === undefined) throw new Failure(`No build record found for ${app}/${id}`);
  const log = logPath(host, app, id);
  if (format === 'json') {
    output.line(JSON.stringify(buildView(app, seen, log)));
    return;
  }
  output.viewTitle(`Build ${id}`);
  for (const [label, value] of details(app, seen, log))
    output.verbose(`${`${label}:`.padEnd(LABEL_COLUMNS)}${printable(value)}`);
}

function requireBuildId(text: string | undefined): BuildId {
  if (!text) throw new Failure('Please specify a build id');
  return parseBuildId(text);
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
    ...((ended ? [['Finished', toWholeSeconds(ended.finishedAt)]] : []) as [string, string][]),
    ['Duration', duration],
    ...((ended ? [['Exit Code', String(ended.exitCode)]] : []) as [string, string][]),
    ['Log', log],
  ];
}
