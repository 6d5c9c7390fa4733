import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Host } from '../../host/dokku/environment';
import { type AppName, type BuildId, generateBuildId } from '../../host/dokku/names';
import { appBuilds } from '../../host/dokku/paths';
import type { Cost } from './interleave';
import {
  always,
  type Baselines,
  type CallSide,
  type Environment,
  type Measurer,
  pluginFile,
  type ProgramCall,
} from './programs';
import { type Row, row } from './row';
import type { Scale } from './scale';
import { addApp, emptyHost } from './synthesizeHost';

const EVENTS = 100; // 20 records are left, and others were pruned

/**
 * What an ordinary deploy runs and what is asked most, on an app of 20 records: against nothing, and against Node with
 * nothing.
 */
export function startUpRows(directory: string, { empty }: Baselines, measurer: Measurer, { runs }: Scale): Row[] {
  const { host, env } = emptyHost(join(directory, 'start-up'));
  const { app, newest } = addApp(host, 'ordinary', EVENTS);
  const deployed = addApp(host, 'deployed', EVENTS);
  const {
    empty: nothing,
    node,
    ...measured
  } = measurer.interleaveCalls(runs, {
    empty: always([empty], env),
    node: always([process.execPath, '-e', '0'], env),
    'builds-generate-id': always([pluginFile('builds-generate-id')], env),
    ...deploySides(host, env, deployed.app),
    'builds:list <app>': always([pluginFile('subcommands/list'), 'builds:list', app], env),
    'builds:info': always([pluginFile('subcommands/info'), 'builds:info', app, newest], env),
    'builds:report <app>': always([pluginFile('subcommands/report'), 'builds:report', app], env),
  });
  const rows = (against: string, baseline: Cost, unit: Row['unit'], targetOf: (what: string) => number): Row[] =>
    Object.entries<Cost>(measured).map(([what, cost]) =>
      row({
        what: unit === 'KiB' ? `${what}, peak memory` : what,
        against,
        unit,
        measured: amountOf(cost, unit),
        baseline: amountOf(baseline, unit),
        target: targetOf(what),
        runs,
      }),
    );
  return [
    ...rows('an empty executable', nothing, 'ms', (what) => (what === 'builds-generate-id' ? 1.5 : 2.4)),
    ...rows('an empty executable', nothing, 'KiB', () => 1.8),
    ...rows('node -e 0', node, 'ms', () => 0.25),
  ];
}

function amountOf(cost: Cost, unit: Row['unit']): number {
  return unit === 'ms' ? cost.milliseconds : cost.kibibytes;
}

/**
 * A start and an end in turn, each of a build of its own. Each build names the benchmark as its process, so that the
 * process that waits for its end does nothing while calls are measured.
 */
export function deploySides(
  host: Host,
  env: Environment,
  app: AppName,
): Record<'builds-record-start' | 'builds-record-finalize', CallSide> {
  const builds: BuildId[] = [];
  const start = (run: number): ProgramCall => {
    const build = (builds[run] = generateBuildId(Date.now()));
    writeFileSync(join(appBuilds(host, app).directory, `${build}.log`), ''); // as the host does
    return { command: [pluginFile('builds-record-start'), app, build, String(process.pid), 'git-hook'], env };
  };
  const end = (run: number): ProgramCall => {
    return { command: [pluginFile('builds-record-finalize'), app, String(builds[run]), '0'], env };
  };
  return { 'builds-record-start': start, 'builds-record-finalize': end };
}
