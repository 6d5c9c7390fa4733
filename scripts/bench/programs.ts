import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { compile } from '../bun';
import { type Cost, interleave, type Side } from './interleave';

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

export type Environment = Readonly<Record<string, string>>;

/** One run of a program. */
export interface ProgramCall {
  readonly command: readonly string[];
  readonly env: Environment;
}

/** One side of a comparison of short programs: its nth run. */
export type CallSide = (run: number) => ProgramCall;

/** The same call in every run. */
export function always(command: readonly string[], env: Environment): CallSide {
  return () => ({ command, env });
}

/** Runs programs, and says what each run cost. All throw if a program does not succeed. */
export interface Measurer {
  readonly run: (command: readonly string[], env: Environment) => Cost & { readonly stdout: string };
  /** The same as a side of a comparison. */
  readonly side: (command: readonly string[], env: Environment) => Side;
  /**
   * The same as {@link interleave} for short programs: they are called one directly after the other. All sides give
   * their calls before the first program is called.
   */
  readonly interleaveCalls: <Name extends string>(
    runs: number,
    sides: Readonly<Record<Name, CallSide>>,
  ) => Record<Name, Cost>;
}

/** Measures by measure.pl. Throws if there is no Perl. */
export function makeMeasurer(): Measurer {
  const perl = '/usr/bin/perl';
  if (!existsSync(perl)) throw new Error(`The benchmark needs ${perl} (Debian: perl-base)`);
  const measure = (calls: readonly ProgramCall[], stdout: 'pipe' | 'ignore') => {
    const measured = spawnSync(perl, [join(__dirname, 'measure.pl')], {
      input: calls.map(asLine).join(''),
      encoding: 'utf8',
      maxBuffer: Infinity,
      stdio: ['pipe', stdout, 'pipe', 'pipe'],
    });
    if (measured.error) throw measured.error;
    if (measured.status !== 0) throw new Error(measured.stderr);
    const lines = (measured.output[RESULTS] ?? '').split('\n');
    const costs = calls.map(({ command }, place): Cost => {
      const [exitCode, microseconds = NaN, kibibytes = NaN] = (lines[place] ?? '').split(' ').map(Number);
      if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${measured.stderr}`);
      return { milliseconds: microseconds / 1000, kibibytes };
    });
    return { costs, stdout: measured.stdout };
  };
  const run: Measurer['run'] = (command, env) => {
    const { costs, stdout } = measure([{ command, env }], 'pipe');
    const [cost = UNKNOWN] = costs;
    return { ...cost, stdout };
  };
  return {
    run,
    side: (command, env) => () => run(command, env),
    interleaveCalls: (runs, sides) => {
      const rounds = Array.from({ length: runs + 1 }, (_, nth) =>
        Object.values<CallSide>(sides).map((callOf) => callOf(nth)),
      );
      const { costs } = measure(rounds.flat(), 'ignore');
      const next = (): Cost => costs.shift() ?? UNKNOWN;
      const inTurn: Record<string, Side> = Object.fromEntries(Object.keys(sides).map((name) => [name, next]));
      return interleave(runs, inTurn);
    },
  };
}

function asLine({ command, env }: ProgramCall): string {
  const fields = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), '', ...command];
  return `${fields.join('\0')}\0\n`;
}

const UNKNOWN: Cost = { milliseconds: NaN, kibibytes: NaN };

/** The descriptor that measure.pl writes to. */
const RESULTS = 3;
