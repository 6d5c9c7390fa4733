import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { compile } from '../bun';
import type { Cost, Side } from './interleave';

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

/** Measures by measure.pl. Throws if there is no Perl. */
export function makeMeasurer(): Measurer {
  const perl = '/usr/bin/perl';
  if (!existsSync(perl)) throw new Error(`The benchmark needs ${perl} (Debian: perl-base)`);
  const run: Measurer['run'] = (command, env) => {
    const measured = spawnSync(perl, [join(__dirname, 'measure.pl'), ...command], {
      env,
      encoding: 'utf8',
      maxBuffer: Infinity,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    if (measured.error) throw measured.error;
    const { output, stdout, stderr } = measured;
    const [exitCode, microseconds = NaN, kibibytes = NaN] = (output[RESULTS] ?? '').split(' ').map(Number);
    if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
    return { milliseconds: microseconds / 1000, kibibytes, stdout };
  };
  return { run, side: (command, env) => () => run(command, env) };
}

/** The descriptor that measure.pl writes to. */
const RESULTS = 3;
