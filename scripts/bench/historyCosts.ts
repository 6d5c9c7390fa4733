import { statSync } from 'node:fs';
import { join } from 'node:path';

import { CHECKPOINT_FILE, removeCheckpoint } from '../../journal/checkpoint';
import { pluginFile } from './bundles';
import type { Histories } from './histories';
import { interleave, type Side } from './interleave';
import { outputOf, wallTime } from './runProgram';

/** What every command costs on the app with the long history, and what that takes on disk. */
export interface HistoryCosts {
  readonly events: number;
  readonly journalBytes: number;
  readonly checkpointBytes: number;
  /** Median wall time by command, ms. */
  readonly commands: Readonly<Record<string, number>>;
}

/** Runs every command on it. */
export async function historyCosts(
  { env, long: { app, directory, events, bytes, oldest } }: Histories,
  runs: number,
  say: (text: string) => void,
): Promise<HistoryCosts> {
  say(`every command on ${events} events`);
  const subcommand = (name: string, ...args: string[]): Side => {
    return () => wallTime([pluginFile(`subcommands/${name}`), `builds:${name}`, app, ...args], env);
  };
  let build = outputOf([pluginFile('builds-generate-id')], env).trim();
  let onRecord = build;
  const trigger = (name: string, ...args: string[]): number => wallTime([pluginFile(name), app, build, ...args], env);
  const start = (): number => {
    build = outputOf([pluginFile('builds-generate-id')], env).trim();
    return trigger('builds-record-start', String(process.pid), 'git-hook');
  };
  const checkpointBytes = statSync(join(directory, CHECKPOINT_FILE)).size;
  const shortcuts = await interleave(runs, {
    'builds-record-start': start,
    'builds-record-finalize': () => {
      onRecord = build;
      return trigger('builds-record-finalize', '0');
    },
    'builds-record-discard': () => {
      start();
      return trigger('builds-record-discard');
    },
    'builds:list': subcommand('list'),
    'builds:info, on record': () => subcommand('info', onRecord)(0),
    'builds:report': subcommand('report'),
    'builds:prune': subcommand('prune'),
  });
  const whole = await interleave(Math.min(runs, 5), {
    'builds:list, checkpoint lost': () => {
      removeCheckpoint(directory);
      return subcommand('list')(0);
    },
    'builds-record-start, checkpoint lost': () => {
      removeCheckpoint(directory);
      const took = start();
      trigger('builds-record-finalize', '0');
      return took;
    },
    'builds:info, a build that has left': subcommand('info', oldest),
    'builds:list --all': subcommand('list', '--all'),
    'builds:list --as-of': subcommand('list', '--as-of', '7d'),
    'builds:events --since 1h': subcommand('events', '--since', '1h'),
    'builds:verify': subcommand('verify'),
    'builds:replay': subcommand('replay'),
  });
  return { events, journalBytes: bytes, checkpointBytes, commands: { ...shortcuts, ...whole } };
}

/** As text. */
export function formatCosts({ events, journalBytes, checkpointBytes, commands }: HistoryCosts): string {
  const perEvent = (journalBytes / events).toFixed(0);
  const lines = Object.entries(commands).map(([name, ms]) => `${name.padEnd(40)}${ms.toFixed(0).padStart(8)} ms`);
  return [
    `${events} events: a journal of ${journalBytes} bytes (${perEvent} an event), a checkpoint of ${checkpointBytes}`,
    ...lines,
    '',
  ].join('\n');
}
