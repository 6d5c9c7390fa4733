import { type ChildProcess, spawn } from 'node:child_process';

import { setTimeout as delay } from 'node:timers/promises';

import type { Sandbox } from '../../../scripts/sandbox/host';

/** If a followed command prints nothing for so long, it has failed. A busy machine can take half a minute. */
const LONG_MS = 120_000;

/** A bash on a host, in which the commands of a page are typed. */
export class Shell {
  readonly #bash: ChildProcess;
  #output = '';
  #arrived = (): void => undefined;
  #count = 0;

  constructor(
    readonly host: Sandbox,
    cwd: string,
    env: NodeJS.ProcessEnv = {},
  ) {
    const options = { env: { ...host.env, ...env }, cwd, detached: true } as const;
    this.#bash = spawn('bash', ['--noprofile', '--norc'], { ...options, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#bash.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      this.#arrived();
    });
    this.#bash.stdin?.write('exec 2>&1\n');
  }

  /** Types `command`; gives what it prints, and its status. On a terminal of `columns`, if that is given. */
  async type(command: string, columns?: number): Promise<{ output: string; status: number }> {
    const end = `end-of-step-${++this.#count}`;
    const typed = columns === undefined ? command : onTerminal(command, columns);
    this.#output = '';
    this.#bash.stdin?.write(
      `{ ${typed}\n} </dev/null; __status=$?; printf '\\n%s %s\\n' ${end} $__status; (exit $__status)\n`,
    );
    const found = await this.#until(new RegExp(`\\n${end} (\\d+)\\n`));
    return { output: this.#output.slice(0, found.index), status: Number(found[1]) };
  }

  /** Types `command`, which goes on for ever; ends it when it has printed what `isEnough`, or nothing for long. */
  async typeUntil(command: string, isEnough: (output: string) => boolean): Promise<string> {
    this.#output = '';
    this.#bash.stdin?.write(`set -m; { ${command}\n} </dev/null &\nset +m\n`); // a process group of its own
    for (let isLate = false; !isEnough(this.#output) && !isLate;) {
      isLate = await Promise.race([this.#next().then(() => false), delay(LONG_MS, true, { ref: false })]);
    }
    const output = this.#output;
    await this.type('kill %1; wait');
    return output;
  }

  /** Ends the shell, and all that runs in it. */
  close(): void {
    try {
      process.kill(-(this.#bash.pid ?? 0), 'SIGKILL');
    } catch {
      // it has ended
    }
  }

  async #until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#output);
      if (found !== null) return found;
      await this.#next();
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => (this.#arrived = resolve));
  }
}

function onTerminal(command: string, columns: number): string {
  const inner = `stty cols ${columns} -opost; ${command}`;
  return `TERM=xterm NO_COLOR=1 SHELL=/bin/sh script -qec '${inner.replaceAll("'", "'\\''")}' /dev/null`;
}
