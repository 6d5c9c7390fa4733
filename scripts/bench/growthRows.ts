import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { type Bundles, pluginFile } from './bundles';
import type { Histories, MadeApp } from './histories';
import { interleave, type Side } from './interleave';
import { type Row, row } from './row';
import { outputOf, wallTime } from './runProgram';
import type { Scale } from './scale';
import { buildsRoot } from '../../host/dokku/paths';
import { forgetStoredReports } from '../../projections/lists/storedReports';
import { hostOfApps } from './synthesizeHost';

/** What does not grow: with an app's history, and with the number of apps. */
export async function growthRows(
  directory: string,
  programs: Bundles,
  histories: Histories,
  scale: Scale,
  say: (text: string) => void,
): Promise<Row[]> {
  return [
    ...(await historyRows(histories, scale.runs, say)),
    await runningRow(directory, scale, say),
    ...(await reportRows(directory, programs, scale, say)),
  ];
}

async function historyRows({ env, long, short }: Histories, runs: number, say: (text: string) => void): Promise<Row[]> {
  say(`builds:list <app> and finalize on ${long.events} events`);
  const list = ({ app }: MadeApp): Side => {
    return () => wallTime([pluginFile('subcommands/list'), 'builds:list', app], env);
  };
  const finalize = ({ app }: MadeApp): Side => {
    return () => {
      const build = outputOf([pluginFile('builds-generate-id')], env).trim();
      wallTime([pluginFile('builds-record-start'), app, build, String(process.pid), 'git-hook'], env);
      return wallTime([pluginFile('builds-record-finalize'), app, build, '0'], env);
    };
  };
  const listed = await interleave(runs, { long: list(long), short: list(short) });
  const finalized = await interleave(runs, { long: finalize(long), short: finalize(short) });
  const history = (what: string, medians: { long: number; short: number }): Row =>
    row({
      what: `${what} with ${long.events} events`,
      against: `with ${short.events}`,
      unit: 'ms',
      measured: medians.long,
      baseline: medians.short,
      target: 1.3,
      runs,
    });
  return [history('builds:list <app>', listed), history('finalize with prune', finalized)];
}

const RUNNING = 5;

async function runningRow(directory: string, scale: Scale, say: (text: string) => void): Promise<Row> {
  const { manyApps, fewApps, runs } = scale;
  say(`a host of ${manyApps} apps: synthesizing`);
  const many = hostOfApps(join(directory, 'many-apps'), manyApps, RUNNING);
  const few = hostOfApps(join(directory, 'few-apps'), fewApps, RUNNING);
  say('builds:list without an app on it');
  const list = (env: NodeJS.ProcessEnv): Side => {
    return () => wallTime([pluginFile('subcommands/list'), 'builds:list'], env);
  };
  const medians = await interleave(runs, { many: list(many.env), few: list(few.env) });
  return row({
    what: `builds:list, ${manyApps} apps of 20 records, ${RUNNING} builds running`,
    against: `${fewApps} apps`,
    unit: 'ms',
    measured: medians.many,
    baseline: medians.few,
    target: 1.5,
    runs,
  });
}

async function reportRows(
  directory: string,
  programs: Bundles,
  scale: Scale,
  say: (text: string) => void,
): Promise<Row[]> {
  const { reportedApps, runs } = scale;
  say(`builds:report for all of ${reportedApps} apps`);
  const { host, env } = hostOfApps(join(directory, 'reported-apps'), reportedApps, 0);
  await setTimeout(SETTLED_MS);
  const report = (): number => wallTime([pluginFile('subcommands/report'), 'builds:report'], env);
  const medians = await interleave(runs, {
    first: () => {
      forgetStoredReports(buildsRoot(host));
      return report();
    },
    again: report,
    least: () => wallTime([process.execPath, programs.leastReport], env),
    everyRecord: () => wallTime([process.execPath, programs.readEveryRecord], env),
  });
  const against = {
    against: 'opening every record file once',
    unit: 'ms',
    baseline: medians.everyRecord,
    runs,
  } as const;
  return [
    row({ what: `builds:report for all of ${reportedApps} apps`, ...against, measured: medians.again, target: 0.5 }),
    row({ what: 'the same when nothing is stored for it', ...against, measured: medians.first, target: 0.5 }),
    row({ what: `what that has to look at, nothing else`, ...against, measured: medians.least }),
  ];
}

/** What has changed within the last two seconds is not stored. */
const SETTLED_MS = 2500;
