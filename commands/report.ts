import type { Call } from '../host/call';
import { pluginName } from '../host/dokku/alongside';
import { allowedApps, listApps, requireApp } from '../host/dokku/apps';
import { parseArguments } from '../host/arguments';
import type { Host } from '../host/dokku/environment';
import { Failure, visible } from '../host/failure';
import type { AppName } from '../host/dokku/names';
import type { Output } from '../host/terminal/output';
import { readProperty, retentionsReader } from '../host/dokku/properties';
import { appBuilds, buildsRoot } from '../host/dokku/paths';
import { newestBuild } from '../journal/history';
import { readUndelivered, undeliveredText } from '../subscribers/notifications/undelivered';
import {
  globalReport,
  type Report,
  report as reportOf,
  type ReportFlag,
  reportFlags,
  reportJson,
  reportLines,
} from '../projections/lists/reportView';
import { seeBuild, type SeenBuild } from '../projections/records/record';
import { lookAt, StoredReports } from '../projections/lists/storedReports';
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
    showApp(app, readNewest(host, output, app, asOf).newest);
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

/** Of what has not changed since the last report nothing is read but its looks. */
function reportEveryApp(
  host: Host,
  output: Output,
  asOf: number | undefined,
  showApp: (app: AppName, newest: SeenBuild | undefined) => void,
): void {
  const all = listApps(host);
  const apps = allowedApps(host, all);
  if (apps.length === 0) output.warn("You haven't deployed any applications yet");
  const stored = asOf === undefined ? new StoredReports(buildsRoot(host)) : undefined;
  eachApp(output, apps, false, (app) => {
    const now = Date.now();
    const look = stored && lookAt(appBuilds(host, app));
    const known = look && stored.newestBuild(app, look);
    if (known !== undefined) {
      showApp(app, known === null ? undefined : seeBuild(known, now, () => false));
      return;
    }
    const read = readNewest(host, output, app, asOf);
    showApp(app, read.newest);
    if (look && read.isLasting) stored.note(app, look, read.newest?.build, now);
  });
  try {
    stored?.store(all);
  } catch {
    // a shortcut that could not be stored costs the next report time, nothing else
  }
}

interface Newest {
  readonly newest: SeenBuild | undefined;
  /** It stays so until something happens to the app's files: nothing runs, all is in the journal, and there is nothing to be warned of. */
  readonly isLasting: boolean;
}

function readNewest(host: Host, output: Output, app: AppName, asOf: number | undefined): Newest {
  let warnings = 0;
  const warn = (message: string): void => {
    warnings += 1;
    output.warn(message);
  };
  const { history, see, inMemory } = viewApp(host, { warn }, app, asOf);
  const newest = newestBuild(history);
  const undelivered = readUndelivered(appBuilds(host, app).directory);
  if (undelivered !== undefined)
    warn(`${app}: ${undeliveredText(undelivered)}; see ${pluginName(host)}:notify ${app} --test`);
  const isLasting = warnings === 0 && !inMemory && history.builds.every((build) => build.status !== 'running');
  return { newest: newest && see(newest), isLasting };
}
