import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { compile } from '../bun';
import type { Cost, Side } from './interleave';
import type { Measured } from './measure';

const root = join(__dirname, '..', '..');

/** An executable of the built plugin. */
export function pluginFile(path: string): string {
  return join(root, 'dist', 'plugin', path);
}

/** Executables to compare with, compiled as the plugin's own is. */
export interface Baselines {
  /** Does nothing. */
  readonly empty: string;
  /** Does nothing for ten minutes. */
  readonly idle: string;
  /** Decodes the events of a journal, or folds them: see journalWork.ts. */
  readonly journalWork: string;
  /** Reads and parses the records of a host: see readRecords.ts. */
  readonly readRecords: string;
}

/** Compiles them into `directory`. */
export function compileBaselines(directory: string): Baselines {
  const of = (name: string, text: string): string => {
    const [source, out] = [join(directory, `${name}.ts`), join(directory, name)];
    writeFileSync(source, text);
    compile(root, source, out);
    return out;
  };
  const idle = of('idle', 'setTimeout(() => undefined, 600_000);');
  const [journalWork, readRecords] = [compileWork(directory, 'journalWork'), compileWork(directory, 'readRecords')];
  return { empty: of('empty', ''), idle, journalWork, readRecords };
}

/** Compiles `<name>.ts` of this folder into `directory`; returns its path. */
export function compileWork(directory: string, name: string): string {
  const program = join(directory, name);
  compile(root, join(__dirname, `${name}.ts`), program);
  return program;
}

/** Runs programs, and says what each run cost. */
export interface Measurer {
  /** Throws if the program does not succeed. */
  readonly run: (command: readonly string[], env: Environment) => Cost & { readonly stdout: string };
  /** The same as a side of a comparison. */
  readonly side: (command: readonly string[], env: Environment) => Side;
}

export type Environment = Readonly<Record<string, string>>;

/** Compiles into `directory` what runs and measures programs. */
export function makeMeasurer(directory: string): Measurer {
  const program = compileWork(directory, 'measure');
  const run: Measurer['run'] = (command, env) => {
    const result = spawnSync(program, command, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    if (result.error) throw result.error;
    const { exitCode, stdout, stderr, cpuMicroseconds, peakBytes } = JSON.parse(result.stdout) as Measured;
    if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
    return { milliseconds: cpuMicroseconds / 1000, kibibytes: peakBytes / 1024, stdout };
  };
  return { run, side: (command, env) => () => run(command, env) };
}
