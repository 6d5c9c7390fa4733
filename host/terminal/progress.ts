import { writeSync } from 'node:fs';
import type * as workerThreads from 'node:worker_threads';

import { isTerminal } from './isTerminal';

/** A line that is written over and over again while something long goes on. */
export interface Progress {
  show(text: string): void;
  /** Clears the line. */
  end(): void;
}

const CLEAR_LINE = '\r\u001b[K';

/** Shows progress on stderr where that is a terminal; elsewhere, and in a thread beside others, nothing. */
export function showProgress(): Progress {
  if (!isTerminal(2) || isThread()) return { show: () => undefined, end: () => undefined };
  let shown = false;
  return {
    show(text) {
      writeSync(2, `${CLEAR_LINE}       ${text}`);
      shown = true;
    },
    end() {
      if (shown) writeSync(2, CLEAR_LINE);
    },
  };
}

function isThread(): boolean {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only if stderr is a terminal
  return !(require('node:worker_threads') as typeof workerThreads).isMainThread;
}
