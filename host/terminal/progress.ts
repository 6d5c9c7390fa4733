import { writeSync } from 'node:fs';
import type * as workerThreads from 'node:worker_threads';

import { isTerminal } from './isTerminal';

/** A line that is written over and over again while something takes long. */
export interface Progress {
  /** Shows what `text` gives, unless the work is young or something was shown just now. */
  show(text: () => string): void;
  /** Clears the line. To be called before anything else is printed. */
  clear(): void;
}

const CLEAR_LINE = '\r\u001b[K';
const FIRST_MS = 500;
const INTERVAL_MS = 100;

/** What progress is shown on. */
export interface ProgressTerminal {
  /** Whether anything is to be shown. Asked only if the work takes long. */
  isThere(): boolean;
  write(text: string): void;
  /** In ms, from any beginning. */
  now(): number;
}

/** Stderr if that is a terminal; in a worker thread, nothing. */
const stderr: ProgressTerminal = {
  isThere() {
    if (!isTerminal(2)) return false;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only if stderr is a terminal
    return (require('node:worker_threads') as typeof workerThreads).isMainThread;
  },
  write: (text) => writeSync(2, text),
  now: () => performance.now(),
};

/** Clears the line that is on stderr now; undefined if there is none. */
let clearShown: (() => void) | undefined;

/** Clears the progress that is on stderr. To be called before anything is printed. */
export function clearProgress(): void {
  clearShown?.();
}

/** Shows progress on `terminal` when the work has taken a while. */
export function showProgress(terminal: ProgressTerminal = stderr): Progress {
  let next = terminal.now() + FIRST_MS;
  let isThere: boolean | undefined;
  let isShown = false;
  const clear = (): void => {
    if (isShown) terminal.write(CLEAR_LINE);
    isShown = false;
    if (clearShown === clear) clearShown = undefined;
  };
  return {
    show(text) {
      const now = terminal.now();
      if (now < next) return;
      next = now + INTERVAL_MS;
      isThere ??= terminal.isThere();
      if (!isThere) return;
      terminal.write(`${CLEAR_LINE}       ${text()}`);
      isShown = true;
      clearShown = clear;
    },
    clear,
  };
}

const EACH = 1000;

/** A function to be called for each event, or record, that is read of `app`: shows how many there were. */
export function countRead(app: string, what: 'events' | 'records', progress: Progress): () => void {
  let count = 0;
  return () => {
    count += 1;
    if (count % EACH === 0) progress.show(() => `${app}: ${count} ${what}`);
  };
}
