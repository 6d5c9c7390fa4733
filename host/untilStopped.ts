import { closeSync, constants, fstatSync, openSync } from 'node:fs';

import { errorCode } from './failure';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `look` every `ms` until SIGINT, SIGTERM or SIGHUP comes, or whoever reads our stdout has closed it, which a pipe tells
 * only when it is asked. Rejects with what `look` throws.
 */
export async function untilStopped(ms: number, look: () => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = (end: () => void): void => {
      clearInterval(timer);
      for (const signal of SIGNALS) process.off(signal, onSignal);
      end();
    };
    const onSignal = (): void => stop(resolve);
    for (const signal of SIGNALS) process.on(signal, onSignal);
    const timer = setInterval(() => {
      try {
        if (isReaderGone()) stop(resolve);
        else look();
      } catch (error) {
        stop(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
    }, ms);
  });
}

/** Whether stdout is a pipe that nobody reads: opening it once more for writing then fails with ENXIO, fifo(7). */
function isReaderGone(): boolean {
  if (!fstatSync(1).isFIFO()) return false;
  try {
    closeSync(openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK));
    return false;
  } catch (error) {
    return errorCode(error) === 'ENXIO';
  }
}
