import { join } from 'node:path';

import { allowedApps, listApps } from '../../host/dokku/apps';
import { commitTimes } from '../../host/dokku/commitTimes';
import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { appBuilds } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import { adoptRecords } from '../../projections/records/adoptRecords';
import { thisSystem } from '../../host/system/system';
import { readEvents } from '../../projections/events/past';
import { once } from '../../projections/problemWarnings';
import { countDeployment, deliveryOf, noDeployments } from '../../projections/stats/delivery';
import { count, countOpen, noStats } from '../../projections/stats/stats';
import { type NamedStats, statsJson, statsView } from '../../projections/stats/statsView';
import { eachApp } from '../allApps/eachApp';
import { defineCommand } from '../definition/command';
import { aTime, jsonFormat, maybeApp, noColor } from '../definition/flags';
import { WHEN_EXAMPLES } from '../definition/when';
import { statsTables } from './statsText';

export const stats = defineCommand({
  description: 'Show how builds have been going: how many and how long and how well',
  args: { app: maybeApp('the app; without it every app that you may see') },
  flags: {
    since: aTime(`only builds that started then or later: ${WHEN_EXAMPLES}`),
    format: jsonFormat,
    noColor,
  },
  example: 'shop --since 30d',
  alongside: true,
  async run({ host, output, args: { app }, flags: { since, format, noColor: isPlain }, now }) {
    const apps = app === undefined ? allowedApps(host, listApps(host)) : [app];
    const read = (one: AppName) => readStats(host, output, one, since);
    const view = statsView(eachApp(output, apps, app !== undefined, read), since, now);
    if (format === 'json') {
      output.line(JSON.stringify(statsJson(app, view)));
    } else if (view.all.builds + view.all.abandoned === 0) {
      const which = `${app === undefined ? '' : ' for this app'}${since === undefined ? '' : ' since then'}`;
      output.line(`No builds recorded${which}`);
    } else if (output.isTerminal) {
      (await import('./statsOnTerminal')).printStatsOnTerminal(output, app, view, { colour: !isPlain });
    } else {
      for (const part of statsTables(app, view)) output.raw(part);
    }
    return undefined;
  },
});

/**
 * Counts what the whole journal of `app` tells, a batch of events at a time; records that something else wrote become
 * events first.
 */
function readStats(host: Host, output: Output, app: AppName, since: number | undefined): NamedStats {
  const builds = appBuilds(host, app);
  const warn = once(output.warn);
  adoptRecords(builds, thisSystem, warn);
  const counted = noStats(since);
  const deployments = noDeployments();
  readEvents(builds, warn, ({ event }) => {
    count(counted, event);
    countDeployment(deployments, event);
  });
  countOpen(counted, ({ process }) => isAlive(process));
  const timesOf = (revisions: readonly string[]) => commitTimes(join(host.dokkuRoot, app), revisions);
  return { app, stats: counted, delivery: deliveryOf(deployments, since, timesOf) };
}
