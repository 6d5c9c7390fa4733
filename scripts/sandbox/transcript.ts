import { type CallOptions, expectSuccess, type Running, type Sandbox } from './host';

/** What a step has to come to. */
export interface Expectation {
  /** Exit status; default 0. */
  readonly code?: number;
  /** Every one has to be in the output. */
  readonly says?: readonly (string | RegExp)[];
}

/**
 * Runs commands on a host and prints them as a terminal would show them; remembers what did not come out as expected.
 */
export class Transcript {
  readonly #surprises: string[] = [];

  constructor(
    readonly host: Sandbox,
    readonly print: (text: string) => void,
  ) {}

  /** What went wrong so far, a sentence each. */
  get surprises(): readonly string[] {
    return this.#surprises;
  }

  title(text: string): void {
    this.print(`\n# ${text}\n`);
  }

  /** A command, shown with its output when it is through; gives the output. */
  async step(command: readonly [string, ...string[]], expected: Expectation = {}, options?: CallOptions) {
    const running = this.start(command, options);
    return this.end(running, command, expected);
  }

  /** Starts a command that is shown later, with {@link end}. Its stdout and stderr are one, as on a terminal. */
  start(command: readonly [string, ...string[]], options?: CallOptions): Running {
    return this.host.start(['bash', '-c', '"$@" 2>&1', 'bash', ...command], options);
  }

  /** Waits for a started command, and shows it. */
  async end(running: Running, command: readonly string[], { code = 0, says = [] }: Expectation): Promise<string> {
    const { code: actual, stdout } = await running.finished;
    this.show(command, stdout);
    if (actual !== code) this.#surprises.push(`\`${command.join(' ')}\` ended with ${actual}, not with ${code}`);
    for (const text of says) {
      const found = typeof text === 'string' ? stdout.includes(text) : text.test(stdout);
      if (!found) this.#surprises.push(`\`${command.join(' ')}\` did not say ${String(text)}`);
    }
    return stdout;
  }

  show(command: readonly string[], output: string): void {
    const shown = output.replace(/[ \t]+$/gm, '').replace(/\n*$/, '\n');
    this.print(`$ ${command.join(' ')}\n${shown === '\n' ? '' : shown}`);
  }

  /** Commands that set the scene and are not shown. */
  async behindTheScenes(...commands: readonly (readonly [string, ...string[]])[]): Promise<void> {
    for (const command of commands) expectSuccess(await this.host.run(command));
  }
}
