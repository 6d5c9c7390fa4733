import { spawn } from 'node:child_process';

/** What a process left when it was through. `code` is null when a signal ended it, and the other way round. */
export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Who runs it: ids of the system. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

export interface RunOptions {
  /** The whole environment of the process. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Written to its stdin, which is then closed; without it stdin is empty. */
  readonly input?: string | Buffer | undefined;
  readonly user?: User | undefined;
}

/** A process that was started and can be watched. */
export interface Running {
  readonly pid: number;
  /** stdout and stderr so far, in the order they came. */
  output(): string;
  /** Resolves when the output so far holds `text`; rejects when the process ended without it. */
  until(text: string | RegExp): Promise<void>;
  /** Sends a signal to this process alone. */
  signal(name: NodeJS.Signals): void;
  /** Resolves when the process has ended and nobody holds its output open any more. */
  readonly finished: Promise<Result>;
}

/** Starts `command` in a process group of its own; rejects nothing: see {@link Running.finished}. */
export function start(command: readonly [string, ...string[]], options: RunOptions): Running {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    env: options.env,
    cwd: options.cwd,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...options.user,
  });
  let stdout = '';
  let stderr = '';
  let output = '';
  let ended = false;
  const waiting = new Set<() => void>();
  const arrived = () => {
    for (const check of waiting) check();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
    arrived();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    output += text;
    arrived();
  });
  child.stdin.on('error', () => undefined); // it need not read what it is given
  child.stdin.end(options.input ?? '');

  const finished = new Promise<Result>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      ended = true;
      arrived();
      resolve({ code, signal, stdout, stderr });
    });
  });
  finished.catch(() => undefined); // whoever awaits it hears of it

  return {
    pid: child.pid ?? 0,
    output: () => output,
    until: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = typeof text === 'string' ? output.includes(text) : text.test(output);
          if (!found && !ended) return;
          waiting.delete(check);
          if (found) resolve();
          else reject(new Error(`${command.join(' ')} ended without ${String(text)}:\n${output}`));
        };
        waiting.add(check);
        check();
      }),
    signal: (name) => child.kill(name),
    finished,
  };
}

/** `result`, or an error that holds all of its output. */
export function expectSuccess(result: Result): Result {
  if (result.code === 0) return result;
  throw new Error(`exit ${result.code ?? result.signal ?? ''}\n${result.stdout}${result.stderr}`);
}
