import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

import type { Host } from '../../../host/dokku/environment';

const root = path.join(__dirname, '../../..');
const plugin = path.join(root, 'dist/plugin');

/** How a call ended. */
export interface Outcome {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CallOptions {
  /** SIGKILL after so many ms, unless it has ended before. */
  readonly killAfter?: number;
  /**
   * A program and its arguments that the plugin's program is run by: without host/run.sh before it, and with what that
   * tells the runtime at a trigger.
   */
  readonly by?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The path of an executable of the built plugin: a trigger, or `subcommands/<name>`. Throws when it was not built. */
export function executable(name: string): string {
  const file = path.join(plugin, name);
  if (!existsSync(file)) throw new Error(`${file} is missing: npm run build makes it`);
  return file;
}

/** The environment that tells an executable where the host's data is, and nothing else. */
export function environmentOf(host: Host): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    DOKKU_ROOT: host.dokkuRoot,
    DOKKU_LIB_ROOT: host.libRoot,
    PLUGIN_PATH: host.pluginPath,
  };
}

/**
 * Runs an executable of the built plugin to its end. The process is the plugin's own: a kill ends it, and no shell
 * before it.
 */
export function call(host: Host, name: string, args: readonly string[], options: CallOptions = {}): Promise<Outcome> {
  const [program, before] = options.by ? ranBy(options.by, name) : [executable(name), []];
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...before, ...args], {
      env: { ...environmentOf(host), ...(options.by && { BUN_JSC_useJIT: '0' }), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (some: Buffer) => (output.stdout += some.toString()));
    child.stderr.on('data', (some: Buffer) => (output.stderr += some.toString()));
    const timer =
      options.killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.killAfter);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, ...output });
    });
  });
}

/** The executable itself, with the name of the trigger first; a command's own name is its first argument anyhow. */
function ranBy([program = '', ...args]: readonly string[], name: string): [string, string[]] {
  const called = name.startsWith('subcommands/') ? [] : [name];
  return [program, [...args, executable('bin/dokku-builds'), ...called]];
}

/** Runs the command `builds:<name>` of the plugin, as `dokku` does. */
export function command(host: Host, name: string, args: readonly string[], options?: CallOptions): Promise<Outcome> {
  return call(host, `subcommands/${name}`, [`builds:${name}`, ...args], options);
}
