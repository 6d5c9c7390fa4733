import { join } from 'node:path';

import { allowedApps, listApps, requireApp } from '../../host/dokku/apps';
import { parseArguments } from '../../host/arguments';
import type { Call } from '../../host/call';
import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { appBuilds } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import { closeJournal, JOURNAL_FILE, openJournal, START } from '../../journal/file/journalFile';
import { readJournal } from '../../journal/file/readJournal';
import { adoptRecords } from '../../projections/records/adoptRecords';
import { thisSystem } from '../../host/system/system';
import { complainer, once } from '../../projections/problemWarnings';
import { type AppStats, count, countOpen, noStats } from '../../projections/stats/stats';
import { statsJson, statsView } from '../../projections/stats/statsView';
import { parseFormat, refuseSurplus, takeApp } from '../shared/positionals';
import { statsTables } from './statsText';
import { eachApp } from '../allApps/eachApp';
import { parseWhen } from '../shared/when';

/** `builds:stats [<app>] [--since <when>] [--format stdout|json] [--no-color]`; without an app, all that the caller may see. */
export async function stats({ host, output, args }: Call): Promise<undefined> {
  const { positionals, values, switches } = parseArguments(args, {
    since: 'value',
    format: 'value',
    'no-color': 'switch',
  });
  const named = takeApp(host, positionals);
  refuseSurplus(named.others, 0);
  const format = parseFormat(values['format']);
  const now = Date.now();
  const since = parseWhen('since', values['since'], now);
  const app = named.app === undefined ? undefined : requireApp(host, named.app);
  const apps = app === undefined ? allowedApps(host, listApps(host)) : [app];
  const view = statsView(
    eachApp(output, apps, app !== undefined, (one) => ({ app: one, stats: readStats(host, output, one, since) })),
    since,
    now,
  );
  if (format === 'json') {
    output.line(JSON.stringify(statsJson(app, view)));
  } else if (view.all.builds + view.all.abandoned === 0) {
    output.line(
      `No builds recorded${app === undefined ? '' : ' for this app'}${since === undefined ? '' : ' since then'}`,
    );
  } else {
    if (output.isTerminal) {
      (await import('./statsOnTerminal')).printStatsOnTerminal(output, app, view, {
        colour: !switches.has('no-color'),
      });
    } else {
      for (const part of statsTables(app, view)) output.raw(part);
    }
  }
}

/** Counts what the whole journal of `app` tells, a batch of events at a time; records that something else wrote become events first. */
function readStats(host: Host, output: Output, app: AppName, since: number | undefined): AppStats {
  const builds = appBuilds(host, app);
  const warn = once(output.warn);
  adoptRecords(builds, thisSystem, warn);
  const counted = noStats(since);
  const journal = openJournal(join(builds.directory, JOURNAL_FILE));
  if (journal === undefined) return counted;
  try {
    readJournal(journal, START, { event: ({ event }) => count(counted, event), problem: complainer(builds, warn) });
  } finally {
    closeJournal(journal);
  }
  countOpen(counted, ({ process }) => isAlive(process));
  return counted;
}
