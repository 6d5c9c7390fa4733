import type { Call } from '../host/call';
import { pluginName } from '../host/dokku/alongside';
import { allowedApps, listApps, requireApp } from '../host/dokku/apps';
import { parseArguments } from '../host/arguments';
import type { Host } from '../host/dokku/environment';
import { Failure, visible } from '../host/failure';
import type { AppName } from '../host/dokku/names';
import type { Output } from '../host/terminal/output';
import { readProperty, retentionsReader } from '../host/dokku/properties';
import { appBuilds } from '../host/dokku/paths';
import { newestBuild } from '../journal/history';
import { gaveUpText, readGaveUp } from '../subscribers/notifications/undelivered';
import {
  globalReport,
  type Report,
  report as reportOf,
  type ReportFlag,
  reportFlags,
  reportJson,
  reportLines,
} from '../projections/lists/reportView';
import type { SeenBuild } from '../projections/records/record';
import { parseFormat, refuseSurplus, takeApp } from './shared/positionals';
import { viewApp } from './shared/see';
import { eachApp } from './allApps/eachApp';
import { parseWhen } from './shared/when';

/** `builds:report [<app>|--global] [--flag] [--format json|stdout] [--as-of <when>]` */
export function report({ host, output, args }: Call): undefined {
  const { positionals, values, switches } = parseReportArguments(args);
  const flags = reportFlags.filter((flag) => switches.has(flag));
  if (flags.length > 1) throw new Failure('builds:report command allows only a single flag');
  const named = takeApp(host, positionals);
  refuseSurplus(named.others, 0);
  const format = parseFormat(values['format']);
  const asOf = parseWhen('as-of', values['as-of'], Date.now());
  const show = (title: string, fields: Partial<Report>): void => {
    const shown = flags[0] === undefined ? fields : only(fields, flags[0]);
    if (format === 'json') output.line(JSON.stringify(reportJson(shown)));
    else if (flags[0] !== undefined) output.line(visible(fields[flags[0]] ?? ''));
    else {
      output.title(title);
      for (const line of reportLines(shown)) output.verbose(visible(line));
    }
  };

  if (switches.has('global')) {
    show('Global builds information', globalReport(readProperty(host, '--global', 'retention')));
    return;
  }
  const retentionsOf = retentionsReader(host, output.warn);
  const showApp = (app: AppName, newest: SeenBuild | undefined): void => {
    show(`${app} builds information`, reportOf(newest, retentionsOf(app)));
  };
  if (named.app === undefined) {
    reportEveryApp(host, output, asOf, showApp);
  } else {
    const app = requireApp(host, named.app);
    showApp(app, readNewest(host, output, app, asOf));
  }
}

function parseReportArguments(args: readonly string[]): ReturnType<typeof parseArguments> {
  const kinds = Object.fromEntries([...reportFlags, 'global'].map((flag) => [flag, 'switch' as const]));
  try {
    return parseArguments(args, { ...kinds, format: 'value', 'as-of': 'value' });
  } catch (error) {
    if (!(error instanceof Failure) || !error.message.startsWith('Unknown flag')) throw error;
    const valid = reportFlags.map((flag) => `--${flag}`).join(', ');
    throw new Failure(`Invalid flag passed, valid flags: ${valid}`, 1, error.mistyped);
  }
}

function only(fields: Partial<Report>, flag: ReportFlag): Partial<Report> {
  return { [flag]: fields[flag] ?? '' };
}

function reportEveryApp(
  host: Host,
  output: Output,
  asOf: number | undefined,
  showApp: (app: AppName, newest: SeenBuild | undefined) => void,
): void {
  const apps = allowedApps(host, listApps(host));
  if (apps.length === 0) output.warn("You haven't deployed any applications yet");
  eachApp(output, apps, false, (app) => showApp(app, readNewest(host, output, app, asOf)));
}

function readNewest(host: Host, output: Output, app: AppName, asOf: number | undefined): SeenBuild | undefined {
  const { history, see } = viewApp(host, output, app, asOf);
  const newest = newestBuild(history);
  const gaveUp = readGaveUp(appBuilds(host, app).directory);
  if (gaveUp !== undefined) output.warn(`${app}: ${gaveUpText(gaveUp)}; see ${pluginName(host)}:notify ${app} --test`);
  return newest && see(newest);
}
