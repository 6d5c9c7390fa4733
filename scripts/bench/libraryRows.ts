import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { AppName } from '../../host/dokku/names';
import { appBuilds } from '../../host/dokku/paths';
import { type Bundles, pluginFile } from './bundles';
import type { Histories } from './histories';
import { interleave, type Side } from './interleave';
import { type Row, row } from './row';
import { type CommandLine, memoryMeter, outputOf } from './runProgram';
import type { Scale } from './scale';
import { addApp, emptyHost } from './synthesizeHost';

/** What the journal costs by itself, each measurement in a process of its own. */
export async function libraryRows(
  directory: string,
  { library }: Bundles,
  { long, env: historiesEnv }: Histories,
  scale: Scale,
  say: (text: string) => void,
): Promise<Row[]> {
  const { host, env } = emptyHost(join(directory, 'library'));
  const place = (name: string, events: number): string => {
    return appBuilds(host, addApp(host, name, events).app).directory;
  };
  const command = (what: string, app: string, ...numbers: number[]): CommandLine => [
    process.execPath,
    library,
    what,
    app,
    ...numbers.map(String),
  ];
  const took = (...of: Parameters<typeof command>): Side => {
    return () => Number(outputOf(command(...of), env));
  };

  say(`${scale.appends} durable appends`);
  const appended = place('appended', 100);
  const { runs, longRuns, appends } = scale;
  const appending = await interleave(runs, {
    append: took('append', appended, appends),
    write: took('write', appended, appends),
  });

  say(`replay of ${long.events} events`);
  const replaying = await interleave(longRuns, {
    replay: took('replay', long.directory),
    decode: took('decode', long.directory),
  });

  say(`${scale.writers} processes appending`);
  const [together, alone] = [place('together', 100), place('alone', 100)];
  const share = scale.deploys / scale.writers;
  const deploying = await interleave(longRuns, {
    together: () => wallTimeOf(command('deploys', together, share), scale.writers, env),
    alone: () => wallTimeOf(command('deploys', alone, scale.deploys), 1, env),
  });

  say('memory of replaying');
  const peak = memoryMeter(directory);
  const replayed = (app: AppName, on: NodeJS.ProcessEnv): Side => {
    return () => peak([pluginFile('subcommands/replay'), 'builds:replay', app], on);
  };
  const remembering = await interleave(longRuns, {
    long: replayed(long.app, historiesEnv),
    short: replayed(addApp(host, 'short', 1000).app, env),
  });

  return [
    row({
      what: 'a durable append, library level',
      against: 'write + fdatasync of the same bytes',
      unit: 'ms',
      measured: appending.append / appends,
      baseline: appending.write / appends,
      target: 1.3,
      runs,
    }),
    row({
      what: `full replay of ${long.events} events, library level`,
      against: 'decoding the frames with msgpackr alone',
      unit: 'ms',
      measured: replaying.replay,
      baseline: replaying.decode,
      target: 2,
      runs: longRuns,
    }),
    row({
      what: `${scale.writers} processes appending to one app, ${scale.deploys * 3} events`,
      against: 'the same total from 1 process',
      unit: 'ms',
      measured: deploying.together,
      baseline: deploying.alone,
      target: 1.5,
      runs: longRuns,
    }),
    row({
      what: `peak memory of builds:replay, ${long.events} events`,
      against: '1000 events',
      unit: 'KiB',
      measured: remembering.long,
      baseline: remembering.short,
      target: 1.5,
      runs: longRuns,
    }),
  ];
}

/** Starts `count` processes, lets them go at once when all are up, and returns the ms from there until the last has ended. */
async function wallTimeOf([program, ...args]: CommandLine, count: number, env: NodeJS.ProcessEnv): Promise<number> {
  const children = Array.from({ length: count }, () =>
    spawn(program, args, { env, stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  const began = process.hrtime.bigint();
  const ended = children.map(async (child) => {
    await once(child.stdout, 'data'); // its own time: it is done
    return Number(process.hrtime.bigint() - began) / 1e6;
  });
  for (const child of children) child.stdin.end('\n');
  const took = Math.max(...(await Promise.all(ended)));
  await Promise.all(children.filter((child) => child.exitCode === null).map((child) => once(child, 'exit')));
  return took;
}
