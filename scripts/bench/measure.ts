/*
 * Compiled by Bun, whose spawnSync gives what wait4(2) says of one child; Node's gives no such thing. Each line of stdin is a program to
 * run, as JSON; each line of stdout what that cost. A program of its own, and a small one: Linux counts the memory of who starts a
 * program as the program's, so nothing below the memory of this one can be measured.
 */
import { readSync, writeSync } from 'node:fs';

declare const Bun: {
  spawnSync(
    command: readonly string[],
    options: { env: Readonly<Record<string, string>>; stdin: 'ignore'; stdout: 'pipe'; stderr: 'pipe' },
  ): {
    exitCode: number | null;
    stdout: Buffer;
    stderr: Buffer;
    resourceUsage: { cpuTime: { total: number | bigint }; maxRSS: number };
  };
};

/** A line of stdin. */
export interface Wanted {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A line of stdout. */
export interface Measured {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly cpuMicroseconds: number;
  readonly peakBytes: number;
}

const buffer = Buffer.alloc(64 * 1024); // more than one line, which is all that comes at once
for (let bytes = readSync(0, buffer); bytes > 0; bytes = readSync(0, buffer)) {
  writeSync(1, `${JSON.stringify(measure(JSON.parse(buffer.toString('utf8', 0, bytes)) as Wanted))}\n`);
}

function measure({ command, env }: Wanted): Measured {
  const options = { env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' } as const;
  const { exitCode, stdout, stderr, resourceUsage } = Bun.spawnSync(command, options);
  return {
    exitCode,
    stdout: stdout.toString(),
    stderr: stderr.toString(),
    cpuMicroseconds: Number(resourceUsage.cpuTime.total),
    peakBytes: resourceUsage.maxRSS,
  };
}
