/*
 * Compiled by Bun, whose spawnSync gives what wait4(2) says of one child; Node's gives no such thing. `measure
 * <program> <argument>…` runs the program in its own environment, and prints what that cost, as JSON. A small process
 * for each run: Linux counts the memory of who starts a program as the program's, so nothing below the memory of this
 * one (about that of an empty executable) can be measured.
 */
import { writeSync } from 'node:fs';

declare const Bun: {
  spawnSync(
    command: readonly string[],
    options: { env: NodeJS.ProcessEnv; stdin: 'ignore'; stdout: 'pipe'; stderr: 'pipe' },
  ): {
    exitCode: number | null;
    stdout: Buffer;
    stderr: Buffer;
    resourceUsage: { cpuTime: { total: number | bigint }; maxRSS: number };
  };
};

/** What is printed. */
export interface Measured {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly cpuMicroseconds: number;
  readonly peakBytes: number;
}

const options = { env: process.env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' } as const;
const { exitCode, stdout, stderr, resourceUsage } = Bun.spawnSync(process.argv.slice(2), options);
const measured: Measured = {
  exitCode,
  stdout: stdout.toString(),
  stderr: stderr.toString(),
  cpuMicroseconds: Number(resourceUsage.cpuTime.total),
  peakBytes: resourceUsage.maxRSS,
};
writeSync(1, JSON.stringify(measured));
