import { allowedApps, listApps } from '../host/dokku/apps';
import { metricsText } from '../projections/metrics/metricsText';
import { problemWarner, once } from '../projections/problemWarnings';
import { adoptIntoJournal } from './shared/adoptWithProgress';
import { readingApp } from './shared/readingApp';
import { readMetrics } from '../subscribers/metrics/readMetrics';
import { eachApp } from './allApps/eachApp';
import { defineCommand } from './definition/command';
import { aChoice } from './definition/flags';

export const metrics = defineCommand({
  description: 'Show the builds of the whole host as metrics for Prometheus',
  args: {},
  flags: {
    format: aChoice(
      ['openmetrics', 'prometheus'] as const,
      'OpenMetrics 1.0 (the default) or the older text format that the node exporter reads from files',
    ),
  },
  example: '--format prometheus',
  alongside: true,
  run({ host, output, flags }) {
    const apps = eachApp(output, allowedApps(host, listApps(host)), false, (app) => {
      const builds = readingApp(host, app);
      const warn = once(output.warn);
      adoptIntoJournal(builds, warn);
      return readMetrics(builds, builds.mode === 'owner', problemWarner(builds, warn));
    });
    output.raw(metricsText(apps, flags.format ?? 'openmetrics'));
    return undefined;
  },
});
