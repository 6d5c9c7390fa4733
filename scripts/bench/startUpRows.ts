import { listDirectory } from '../../host/system/files';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { interleave, type Side } from './interleave';
import { type Bundles, pluginFile } from './bundles';
import { type Row, row } from './row';
import { type CommandLine, memoryMeter, outputOf, wallTime } from './runProgram';
import type { Scale } from './scale';
import { appBuilds } from '../../host/dokku/paths';
import { recordedIds } from '../../projections/records/recordFiles';
import { addApp, emptyHost } from './synthesizeHost';

const APP = 'ordinary';
const LEAST = 'the files and syncs of a trigger, nothing else';
const EVENTS = 100; // so that 20 records are left, and others have left

/** Wall time and peak memory of what an ordinary deploy runs and what is asked most, against an empty program. */
export async function startUpRows(
  directory: string,
  programs: Bundles,
  scale: Scale,
  say: (text: string) => void,
): Promise<Row[]> {
  say('start-up on an ordinary app');
  const { host, env } = emptyHost(join(directory, 'start-up'));
  const { app, newest } = addApp(host, APP, EVENTS);
  const builds = appBuilds(host, app).directory;
  for (const id of recordedIds(listDirectory(builds))) beginLog(builds, id);
  const empty = join(directory, 'empty.js');
  writeFileSync(empty, '');
  const rows: Row[] = [];
  for (const [unit, measure, target] of [
    ['ms', wallTime, 1.25],
    ['KiB', memoryMeter(directory), 1.3],
  ] as const) {
    const on = (command: CommandLine): Side => {
      return () => measure(command, env);
    };
    const subcommand = (name: string, ...args: string[]): Side =>
      on([pluginFile(`subcommands/${name}`), `builds:${name}`, ...args]);
    const runs = unit === 'ms' ? scale.runs : Math.min(scale.runs, 15);
    let build = '';
    const medians = await interleave(runs, {
      empty: on([process.execPath, empty]),
      [LEAST]: on([process.execPath, programs.leastTrigger, builds]),
      'builds-generate-id': on([pluginFile('builds-generate-id')]),
      'builds-record-start': () => {
        build = outputOf([pluginFile('builds-generate-id')], env).trim();
        beginLog(builds, build);
        return measure([pluginFile('builds-record-start'), APP, build, String(process.pid), 'git-hook'], env);
      },
      'builds-record-finalize': () => measure([pluginFile('builds-record-finalize'), APP, build, '0'], env),
      'builds:list <app>': subcommand('list', APP),
      'builds:info': () =>
        measure([pluginFile('subcommands/info'), 'builds:info', APP, build === '' ? newest : build], env),
      'builds:report <app>': subcommand('report', APP),
    });
    const { empty: baseline, ...measurements } = medians;
    for (const [what, measured] of Object.entries(measurements))
      rows.push(
        row({ what, against: 'node empty.js', unit, measured, baseline, ...(what !== LEAST && { target }), runs }),
      );
  }
  return rows;
}

/** As the host does, before it calls the first trigger of a deploy. */
function beginLog(directory: string, build: string): void {
  writeFileSync(join(directory, `${build}.log`), '');
}
