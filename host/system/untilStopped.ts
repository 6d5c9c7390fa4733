import { type ChildProcess, spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `look` every `ms` until SIGINT, SIGTERM or SIGHUP comes, or whoever reads our stdout has closed it. Rejects with what `look`
 * throws.
 */
export async function untilStopped(ms: number, look: () => void): Promise<void> {
  const sentry = watchReader();
  try {
    await new Promise<void>((resolve, reject) => {
      const stop = (end: () => void): void => {
        clearInterval(timer);
        for (const signal of SIGNALS) process.off(signal, onSignal);
        end();
      };
      const onSignal = (): void => stop(resolve);
      for (const signal of SIGNALS) process.on(signal, onSignal);
      sentry?.on('exit', onSignal);
      const timer = setInterval(() => {
        try {
          look();
        } catch (error) {
          stop(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      }, ms);
    });
  } finally {
    sentry?.removeAllListeners('exit').kill();
  }
}

/**
 * A process that ends when the reader of our stdout has gone. Node learns that only from a write, and there may be nothing to write for
 * days; tail(1) polls its stdout for it. Where there is no such tail, the next write ends it all the same.
 */
function watchReader(): ChildProcess | undefined {
  const stdout = fstatSync(1);
  if (!stdout.isFIFO() && !stdout.isSocket()) return undefined;
  const sentry = spawn('tail', ['-f', '/dev/null'], { stdio: ['ignore', 'inherit', 'ignore'] });
  sentry.on('error', () => undefined);
  return sentry;
}
