import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';

/**
 * A named pipe that programs wait at until it is opened: what a spec needs to look at a deploy while it runs, with no
 * sleep anywhere.
 */
export interface Gate {
  /** A line of shell that waits here. */
  readonly wait: string;
  /**
   * A line of shell that prints `text` and waits here, in one process of its own that any signal ends: whoever has read
   * `text` can signal it. A shell that prints and then starts the waiter could get the signal in between, and no waiter would.
   */
  announced(text: string): string;
  /** Lets everyone through who waits now or later. */
  open(): void;
  close(): void;
}

/** Makes the pipe at `path`, for everyone to use. */
export function createGate(path: string): Gate {
  execFileSync('mkfifo', ['-m', '666', path]);
  // Held open for reading and writing: opening never blocks here, and what is written stays until it is read.
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const wait = `head -c 1 '${path}' >/dev/null`; // bash itself would not die of SIGQUIT
  return {
    wait,
    announced: (text) => `sh -c 'echo "$1"; exec head -c 1 "$2" >/dev/null' sh '${text}' '${path}'`,
    open: () => void writeSync(descriptor, '\n'.repeat(PASSES)),
    close: () => closeSync(descriptor),
  };
}

const PASSES = 64; // one byte is one program let through
