import type { Call } from '../host/call';
import { pluginName } from '../host/alongside';
import { allowedApps, listApps, requireApp } from '../host/apps';
import { parseArguments } from '../host/arguments';
import type { Host } from '../host/environment';
import { Failure, visible } from '../host/failure';
import type { AppName } from '../host/names';
import type { Output } from '../host/output';
import { readProperty, type Retentions, retentionsReader } from '../host/properties';
import { appBuilds } from '../host/paths';
import { newestBuild } from '../journal/history';
import { gaveUpText, readGaveUp } from '../projections/gaveUp';
import {
  globalReport,
  type Report,
  report as reportOf,
  type ReportFlag,
  reportFlags,
  reportJson,
  reportLines,
} from '../projections/reportView';
import { parseFormat, refuseSurplus, takeApp } from './positionals';
import { viewApp } from './see';
import { eachApp } from './eachApp';
import { parseWhen } from './when';

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
  const apps = named.app === undefined ? everyApp(host, output) : [requireApp(host, named.app)];
  eachApp(output, apps, named.app !== undefined, (app) => {
    show(`${app} builds information`, reportApp(host, output, app, asOf, retentionsOf(app)));
  });
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

function everyApp(host: Host, output: Output): AppName[] {
  const apps = allowedApps(host, listApps(host));
  if (apps.length === 0) output.warn("You haven't deployed any applications yet");
  return apps;
}

function reportApp(host: Host, output: Output, app: AppName, asOf: number | undefined, retentions: Retentions): Report {
  const { history, see } = viewApp(host, output, app, asOf);
  const newest = newestBuild(history);
  const gaveUp = readGaveUp(appBuilds(host, app).directory);
  if (gaveUp !== undefined) output.warn(`${app}: ${gaveUpText(gaveUp)}; see ${pluginName(host)}:notify ${app} --test`);
  return reportOf(newest && see(newest), retentions);
}
