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
   * A line of shell that prints `text` and waits here, in one process of its own that any signal ends: whoever has
   * read `text` can signal it. A shell that prints and then starts the waiter, or becomes it, could get the signal in
   * between: bash ignores SIGQUIT whatever happens, and a trap that it has is lost when it becomes another program.
   * Node never ignores one.
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
    announced: (text) => `'${process.execPath}' -e '${ANNOUNCE_AND_WAIT}' -- '${text}' '${path}'`,
    open: () => void writeSync(descriptor, '\n'.repeat(PASSES)),
    close: () => closeSync(descriptor),
  };
}

const ANNOUNCE_AND_WAIT = [
  'const fs = require("fs")',
  'fs.writeSync(1, process.argv[1] + "\\n")',
  'fs.readSync(fs.openSync(process.argv[2]), Buffer.alloc(1))',
].join('; ');

const PASSES = 64; // one byte is one program let through
