import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import { statfsSync } from 'node:fs';

/** What the numbers were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Of the directory that holds the data: its file system's type as statfs(2) names it, hexadecimal, or a name. */
  readonly fileSystem: string;
  /** Over one minute, when the measuring began: other work on the machine makes numbers worse. */
  readonly load: number;
}

/** Describes this machine; `directory` is where the data lies. */
export function describeMachine(directory: string): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    fileSystem: fileSystemOf(directory),
    load: Number((loadavg()[0] ?? 0).toFixed(1)),
  };
}

/** The type of the longest mount point above `directory`, as /proc/mounts has it. */
function fileSystemOf(directory: string): string {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
    const above = mounts
      .map((line) => line.split(' '))
      .filter(([, point = '']) => point === '/' || directory === point || directory.startsWith(`${point}/`))
      .sort(([, a = ''], [, b = '']) => b.length - a.length);
    return above[0]?.[2] ?? 'unknown';
  } catch {
    return `0x${statfsSync(directory).type.toString(16)}`;
  }
}
