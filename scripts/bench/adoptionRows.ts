import { join } from 'node:path';

import { buildsRoot } from '../../host/dokku/paths';
import { interleave, type Side } from './interleave';
import { type Baselines, type Measurer, pluginFile } from './programs';
import { type Row, row } from './row';
import type { Scale } from './scale';
import { makeStock, stockHost } from './stockHost';

const RECORDS_OF_EACH = 20;

/** What it costs to adopt records of the stock plugin, against reading and parsing each of them once. */
export function adoptionRows(
  directory: string,
  baselines: Baselines,
  measurer: Measurer,
  { longRuns, stockRecords, stockApps }: Scale,
): Row[] {
  const compare = (name: string, apps: number, records: number, command: readonly string[]) => {
    const stock = stockHost(join(directory, name), apps, records);
    const install: Side = () => {
      makeStock(stock);
      return measurer.run(command, stock.env);
    };
    const read = measurer.side([baselines.readRecords, buildsRoot(stock.host)], stock.env);
    return interleave(longRuns, { install, read });
  };
  const made = (what: string, target: number, { install, read }: ReturnType<typeof compare>): Row =>
    row({
      what,
      against: 'reading and parsing them',
      unit: 'ms',
      measured: install.milliseconds,
      baseline: read.milliseconds,
      target,
      runs: longRuns,
    });
  return [
    made(
      `trigger install, one app with ${String(stockRecords)} stock records`,
      10,
      compare('stock-app', 1, stockRecords, [pluginFile('install')]),
    ),
    made(
      `host:install, ${String(stockApps)} apps with ${String(RECORDS_OF_EACH)} stock records each`,
      5,
      compare('stock-apps', stockApps, RECORDS_OF_EACH, [pluginFile('bin/dokku-builds'), 'host:install']),
    ),
  ];
}
