import { pluginName } from '../host/plugin/alongside';
import { allowedApps, listApps } from '../host/dokku/apps';
import type { Host } from '../host/dokku/environment';
import { Failure, visible } from '../host/failure';
import type { AppName } from '../host/dokku/names';
import type { Output } from '../host/terminal/output';
import { readProperty } from '../host/dokku/properties';
import { logBytes } from '../host/dokku/logBytes';
import { resolveLimit, retentionsReader } from '../host/dokku/retention';
import { appBuilds } from '../host/dokku/paths';
import { newestBuild } from '../journal/history';
import { readUndelivered, undeliveredText } from '../subscribers/notifications/undelivered';
import {
  type ExtraFlag,
  extraFlags,
  extraReport,
  globalReport,
  isExtra,
  report as reportOf,
  type ReportFlag,
  reportFlags,
  reportJson,
  reportLines,
  type Shown,
} from '../projections/lists/reportView';
import type { ShownBuild } from '../projections/records/record';
import { eachApp } from './allApps/eachApp';
import { defineCommand, type Switch } from './definition/command';
import { asOf, aSwitch, jsonFormat, maybeAppOr } from './definition/flags';
import { viewApp } from './shared/viewApp';

const fieldGroup = {
  shown: '<flag>',
  help: 'one value alone, such as --build-status or --builds-computed-retention',
};
const allFlags = [...reportFlags, ...extraFlags];
const fieldFlags = Object.fromEntries(
  allFlags.map((flag) => [flag, { ...aSwitch('its value alone'), group: fieldGroup }]),
) as Record<ReportFlag | ExtraFlag, Switch>;

export const report = defineCommand({
  description: 'Show the newest build and the retention of one or all apps',
  args: { app: maybeAppOr('global', 'the app; without it every app that you may see') },
  flags: {
    global: aSwitch('the global retention alone'),
    ...fieldFlags,
    format: jsonFormat,
    all: aSwitch('with --format json: all apps in one array; each has its name as app'),
    asOf,
  },
  example: 'shop --build-status',
  stock: true,
  alongside: true,
  unknownFlag: (words) => invalidFlag(words.includes('--global')),
  run({ host, output, args: { app }, flags }) {
    const fields = allFlags.filter((flag) => flags[flag]);
    if (fields.length > 1) throw new Failure('builds:report command allows only a single flag');
    const [field] = fields;
    if (flags.all && (app !== undefined || flags.global)) throw new Failure('Flag --all is for all apps');
    const asked = (values: Shown): Shown => (field === undefined ? values : { [field]: values[field] ?? '' });
    const show = (title: string, values: Shown): void => {
      const shown = asked(values);
      if (flags.format === 'json') output.line(JSON.stringify(reportJson(shown)));
      else if (field !== undefined) output.line(visible(values[field] ?? ''));
      else {
        output.title(title);
        for (const line of reportLines(shown)) output.verbose(visible(line));
      }
    };

    if (flags.global) {
      if (field?.startsWith('build-') || isExtra(field)) throw new Failure(invalidFlag(true));
      show('--global builds information', globalReport(readProperty(host, '--global', 'retention')));
      return undefined;
    }
    const retentionsOf = retentionsReader(host, output.warn);
    const isOneDocument = flags.all && flags.format === 'json';
    const withExtra =
      isExtra(field) || (field === undefined && (isOneDocument || (flags.format === 'stdout' && output.isTerminal)));
    const valuesOf = (of: AppName, newest: ShownBuild | undefined): Shown => ({
      ...reportOf(newest, retentionsOf(of)),
      ...(withExtra && readExtra(host, output, of)),
    });
    if (isOneDocument) {
      const all: object[] = [];
      reportEveryApp(host, output, flags.asOf, (of, newest) => {
        all.push({ app: of, ...reportJson(asked(valuesOf(of, newest))) });
      });
      output.line(JSON.stringify(all));
      return undefined;
    }
    const showApp = (of: AppName, newest: ShownBuild | undefined): void => {
      show(`${of} builds information`, valuesOf(of, newest));
    };
    if (app === undefined) reportEveryApp(host, output, flags.asOf, showApp);
    else showApp(app, readNewest(host, output, app, flags.asOf));
    return undefined;
  },
});

function readExtra(host: Host, output: Output, app: AppName): Record<ExtraFlag, string> {
  const days = resolveLimit(host, app, 'retention-days', output.warn);
  const logs = resolveLimit(host, app, 'log-retention', output.warn);
  return extraReport({ days, logs }, logBytes(appBuilds(host, app)));
}

/** The contract's message. */
function invalidFlag(isGlobal: boolean): string {
  const valid = isGlobal ? ['builds-global-retention'] : reportFlags;
  return `Invalid flag passed, valid flags: ${valid.map((flag) => `--${flag}`).join(', ')}`;
}

function reportEveryApp(
  host: Host,
  output: Output,
  then: number | undefined,
  showApp: (app: AppName, newest: ShownBuild | undefined) => void,
): void {
  const apps = allowedApps(host, listApps(host));
  if (apps.length === 0) output.warn("You haven't deployed any applications yet");
  eachApp(output, apps, false, (app) => showApp(app, readNewest(host, output, app, then)));
}

function readNewest(host: Host, output: Output, app: AppName, then: number | undefined): ShownBuild | undefined {
  const { history, show } = viewApp(host, output, app, then);
  const newest = newestBuild(history);
  const undelivered = readUndelivered(appBuilds(host, app).directory);
  if (undelivered !== undefined)
    output.warn(`${app}: ${undeliveredText(undelivered)}; see ${pluginName(host)}:notify ${app} --test`);
  return newest && show(newest);
}
