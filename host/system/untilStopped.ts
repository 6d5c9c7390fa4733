import { type ChildProcess, spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';

import { Alarm } from './alarm';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `work` every `ms` until SIGINT, SIGTERM or SIGHUP comes, or the reader of stdout has closed it. Rejects
 * with what `work` throws.
 */
export async function untilStopped(ms: number, work: () => void): Promise<void> {
  const alarm = new Alarm();
  const reader = onReaderGone(alarm.stop);
  for (const signal of SIGNALS) process.on(signal, alarm.stop);
  try {
    for (;;) {
      await alarm.sleep(ms);
      if (alarm.isStopped()) return;
      work();
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, alarm.stop);
    reader.close();
  }
}

/**
 * Calls `gone` when the reader of our stdout has gone. A program learns that only from a write, and there may be
 * nothing to write for days; tail(1) polls its stdout for it, and ends. Without such a tail the next write ends us all
 * the same.
 */
export function onReaderGone(gone: () => void): { close(): void } {
  const sentry = watchReader();
  sentry?.on('exit', gone);
  return { close: () => void sentry?.removeAllListeners('exit').kill() };
}

function watchReader(): ChildProcess | undefined {
  const stdout = fstatSync(1);
  if (!stdout.isFIFO() && !stdout.isSocket()) return undefined;
  const sentry = spawn('tail', ['-f', '/dev/null'], { stdio: ['ignore', 'inherit', 'ignore'] });
  sentry.on('error', () => undefined);
  return sentry;
}
