import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A program as it is started: its path and its arguments. */
export type CommandLine = readonly [string, ...string[]];

/** Runs a program to its end, its output read through a pipe. Returns ms of wall time. Throws when it does not succeed. */
export function wallTime([command, ...args]: CommandLine, env: NodeJS.ProcessEnv): number {
  const began = process.hrtime.bigint();
  const result = spawnSync(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 });
  const took = Number(process.hrtime.bigint() - began) / 1e6;
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.stderr.toString()}`);
  return took;
}

/** What a program prints. Throws when it does not succeed. */
export function outputOf([command, ...args]: CommandLine, env: NodeJS.ProcessEnv): string {
  const result = spawnSync(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.stderr.toString()}`);
  return result.stdout.toString();
}

/**
 * Makes, in `directory`, what tells the peak memory of a program that runs in Node: a module that is loaded before it and writes
 * down VmHWM, proc(5), when it exits. It is the same on both sides of a comparison.
 */
export function memoryMeter(directory: string): (command: CommandLine, env: NodeJS.ProcessEnv) => number {
  const preload = join(directory, 'memory.cjs');
  const answer = join(directory, 'memory.txt');
  writeFileSync(
    preload,
    `const fs = require('fs');
process.on('exit', () => fs.writeFileSync(${JSON.stringify(answer)}, fs.readFileSync('/proc/self/status', 'latin1')));
`,
  );
  return (command, env) => {
    writeFileSync(answer, '');
    wallTime(command, { ...env, NODE_OPTIONS: `--require ${preload}` });
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(answer, 'latin1'))?.[1]);
  };
}
