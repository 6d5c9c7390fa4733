import type { Host } from './dokku/environment';
import type { Output } from './terminal/output';

/** One call of the program: what a command or a trigger has to work with. `args` are those after its own name. */
export interface Call {
  readonly host: Host;
  readonly output: Output;
  readonly args: readonly string[];
}

/** A command or a trigger. What it returns is the exit status; nothing is 0. */
export type Handler = (call: Call) => number | undefined | Promise<number | undefined>;
