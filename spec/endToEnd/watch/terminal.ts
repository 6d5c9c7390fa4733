import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';

import { identifyProcess, isAlive } from '../../../host/system/processes';
import type { Sandbox } from '../../../scripts/sandbox/host';

/** `builds:watch` on a terminal of its own, which script(1) makes: 100 columns, 20 rows. */
export interface Watching {
  /** The process that watches. */
  readonly pid: number;
  /** All that it has written. */
  output(): string;
  /**
   * Resolves when what was written since the last call holds `text`; rejects when the terminal was closed without it.
   */
  until(text: string | RegExp): Promise<void>;
  type(keys: string): void;
  /** Takes the terminal away, as a lost connection does; resolves when the process that watched has ended. */
  hangUp(): Promise<void>;
  /** Resolves when the terminal is no longer in use, to what its process came to. */
  readonly ended: Promise<number | null>;
}

/** Starts it, and resolves when it has the terminal. `shell` runs on the same terminal first. */
export async function startWatching(host: Sandbox, args: readonly string[] = [], shell = ''): Promise<Watching> {
  const program = join(host.paths.plugins, 'enabled', 'builds', 'subcommands', 'watch');
  const command = `stty rows 20 cols 100; ${shell} echo "pid=$$="; exec ${[program, 'builds:watch', ...args].join(' ')}`;
  const child: ChildProcessWithoutNullStreams = spawn('script', ['-qfec', command, '/dev/null'], {
    env: { ...host.env, TERM: 'xterm-256color', SHELL: '/bin/bash' },
    cwd: host.paths.root,
  });
  let output = '';
  let read = 0;
  let over = false;
  const waiting = new Set<() => void>();
  const tell = (): void => {
    for (const check of waiting) check();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    tell();
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      over = true;
      tell();
      resolve(code);
    });
  });
  const until = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const fresh = output.slice(read);
        const found = typeof text === 'string' ? fresh.includes(text) : text.test(fresh);
        if (!found && !over) return;
        waiting.delete(check);
        if (found) read = output.length;
        if (found) resolve();
        else reject(new Error(`it ended without ${String(text)}:\n${JSON.stringify(fresh)}`));
      };
      waiting.add(check);
      check();
    });
  await until(/pid=\d+=/);
  const watcher = identifyProcess(Number(/pid=(\d+)=/.exec(output)?.[1]));
  return {
    pid: watcher.pid,
    output: () => output,
    until,
    type: (keys) => child.stdin.write(keys),
    async hangUp() {
      child.kill('SIGKILL');
      // An orphan by now: nobody tells of its end, and it stays a zombie where the init of a container reaps none.
      while (isAlive(watcher)) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    ended,
  };
}

/** What gives the terminal back: wrapping, the cursor, the screen that was there before. */
export const GIVEN_BACK = '\u001b[?7h\u001b[?25h\u001b[?1049l';
