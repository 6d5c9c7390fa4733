import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { BuildId } from '../../host/dokku/names';
import { appBuilds } from '../../host/dokku/paths';
import { type Cost, interleave, type Side } from './interleave';
import { type Baselines, type Environment, type Measurer, pluginFile } from './programs';
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
  const {
    empty: nothing,
    node,
    ...measured
  } = interleave(runs, {
    empty: measurer.side([empty], env),
    node: measurer.side([process.execPath, '-e', '0'], env),
    'builds-generate-id': measurer.side([pluginFile('builds-generate-id')], env),
    ...deploySides(measurer, env, app, appBuilds(host, app).directory),
    'builds:list <app>': measurer.side([pluginFile('subcommands/list'), 'builds:list', app], env),
    'builds:info': measurer.side([pluginFile('subcommands/info'), 'builds:info', app, newest], env),
    'builds:report <app>': measurer.side([pluginFile('subcommands/report'), 'builds:report', app], env),
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
 * A start and an end in turn, each of a build of its own, whose process lives in between and ends then. `data`: the
 * app's directory.
 */
export function deploySides(
  measurer: Measurer,
  env: Environment,
  app: string,
  data: string,
): Record<'builds-record-start' | 'builds-record-finalize', Side> {
  let build = '' as BuildId;
  let deploy = spawn('sleep', ['600'], { stdio: 'ignore' });
  deploy.kill();
  return {
    'builds-record-start': () => {
      const { stdout } = measurer.run([pluginFile('builds-generate-id')], env);
      build = stdout.trim() as BuildId;
      writeFileSync(join(data, `${build}.log`), ''); // as the host does
      deploy = spawn('sleep', ['600'], { stdio: 'ignore' });
      return measurer.run([pluginFile('builds-record-start'), app, build, String(deploy.pid), 'git-hook'], env);
    },
    'builds-record-finalize': () => {
      const cost = measurer.run([pluginFile('builds-record-finalize'), app, build, '0'], env);
      deploy.kill();
      return cost;
    },
  };
}
