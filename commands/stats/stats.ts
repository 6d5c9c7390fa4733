import { allowedApps, listApps } from '../../host/dokku/apps';
import type { AppName } from '../../host/dokku/names';
import { appBuilds } from '../../host/dokku/paths';
import { countRead, showProgress } from '../../host/terminal/progress';
import { adoptIntoJournal } from '../shared/adoptWithProgress';
import { once } from '../../projections/problemWarnings';
import { statsJson, statsView } from '../../projections/stats/statsView';
import { eachApp } from '../allApps/eachApp';
import { defineCommand } from '../definition/command';
import { aTime, jsonFormat, maybeApp, noColor } from '../definition/flags';
import { WHEN_EXAMPLES } from '../definition/when';
import { readStats } from './readStats';
import { statsTables } from './statsText';

export const stats = defineCommand({
  description: 'Show figures: numbers of builds and durations and success rates',
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
    const read = (one: AppName) => {
      const builds = appBuilds(host, one);
      const warn = once(output.warn);
      adoptIntoJournal(builds, warn); // records that something else wrote become events first
      const progress = showProgress();
      const counted = readStats(host, builds, warn, since, countRead(one, 'events', progress));
      progress.clear();
      return counted;
    };
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
