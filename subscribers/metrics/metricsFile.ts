import { join } from 'node:path';

import { listApps } from '../../host/dokku/apps';
import type { Host } from '../../host/dokku/environment';
import { appBuilds, buildsRoot } from '../../host/dokku/paths';
import { removeDurably } from '../../host/files/durable';
import { makeDirectory } from '../../host/files/files';
import { replaceFile } from '../../host/files/replaceFile';
import { metricsText } from '../../projections/metrics/metricsText';
import { readMetrics } from './readMetrics';
import { isMetricsFileWanted } from './settings';

/**
 * The file that is kept up to date while the global property `metrics` is `on`, in a directory that the node exporter
 * can be given.
 */
export function metricsPath(host: Host): string {
  return join(buildsRoot(host), '.metrics', 'dokku-builds.prom');
}

/**
 * Writes the metrics of all apps into the file, in one step. An app that cannot be read is left out. Throws system
 * errors.
 */
export function updateMetricsFile(host: Host): void {
  const apps = listApps(host).flatMap((app) => {
    try {
      return readMetrics(appBuilds(host, app), true);
    } catch {
      return [];
    }
  });
  const path = metricsPath(host);
  makeDirectory(join(path, '..'));
  replaceFile(path, metricsText(apps, 'prometheus'), { mode: 0o644, durable: false });
}

/** Writes the file, or removes it, after the property was changed. Throws system errors. */
export function setMetricsFile(host: Host): void {
  if (isMetricsFileWanted(host)) updateMetricsFile(host);
  else removeDurably(metricsPath(host)); // or an exporter would give out old figures for ever
}
