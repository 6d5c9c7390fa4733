import { join } from 'node:path';

import { appBuilds } from '../../host/dokku/paths';
import { type Cost, interleave } from './interleave';
import { always, type Baselines, type Measurer, pluginFile } from './programs';
import { type Row, row } from './row';
import type { Scale } from './scale';
import { deploySides } from './startUpRows';
import { addApp, emptyHost, hostOfApps } from './synthesizeHost';

/** What must not grow with an app's history. And what a replay of it costs against decoding it. */
export function historyRows(
  directory: string,
  { journalWork }: Baselines,
  measurer: Measurer,
  { runs, longRuns, longHistory, shortHistory }: Scale,
): Row[] {
  const { host, env } = emptyHost(join(directory, 'histories'));
  const made = { long: addApp(host, 'long', longHistory), short: addApp(host, 'short', shortHistory) };
  for (const { app } of Object.values(made)) {
    measurer.run([pluginFile('subcommands/verify'), 'builds:verify', app], env); // or the data is not real
  }
  const sides = Object.entries(made).flatMap(([name, { app, newest }]) =>
    Object.entries({
      ...deploySides(host, env, app),
      'builds:list <app>': always([pluginFile('subcommands/list'), 'builds:list', app], env),
      'builds:info': always([pluginFile('subcommands/info'), 'builds:info', app, newest], env),
    }).map(([what, side]) => [`${name} ${what}`, side] as const),
  );
  const costs: Record<string, Cost> = measurer.interleaveCalls(runs, Object.fromEntries(sides));
  const grown = ['builds:list <app>', 'builds:info', 'builds-record-finalize'].map((what) =>
    row({
      what: `${what} with ${String(longHistory)} events`,
      against: `with ${String(shortHistory)}`,
      unit: 'ms',
      measured: costs[`long ${what}`]?.milliseconds ?? NaN,
      baseline: costs[`short ${what}`]?.milliseconds ?? NaN,
      target: 1.3,
      runs,
    }),
  );
  const long = appBuilds(host, made.long.app).directory;
  const { replay, decode } = interleave(longRuns, {
    replay: measurer.side([journalWork, 'replay', long], env),
    decode: measurer.side([journalWork, 'decode', long], env),
  });
  return [
    ...grown,
    row({
      what: `replay of ${String(made.long.events)} events`,
      against: 'decoding them with msgpackr',
      unit: 'ms',
      measured: replay.milliseconds,
      baseline: decode.milliseconds,
      target: 3,
      runs: longRuns,
    }),
  ];
}

const RUNNING = 5;

/** What must not grow with the number of apps. */
export function hostRows(directory: string, measurer: Measurer, { runs, manyApps, fewApps }: Scale): Row[] {
  const list = (apps: number) => {
    const { env } = hostOfApps(join(directory, `${String(apps)}-apps`), apps, RUNNING);
    return always([pluginFile('subcommands/list'), 'builds:list'], env);
  };
  const { many, few } = measurer.interleaveCalls(runs, { many: list(manyApps), few: list(fewApps) });
  return [
    row({
      what: `builds:list, ${String(manyApps)} apps, ${String(RUNNING)} builds running`,
      against: `${String(fewApps)} apps`,
      unit: 'ms',
      measured: many.milliseconds,
      baseline: few.milliseconds,
      target: 1.5,
      runs,
    }),
  ];
}
