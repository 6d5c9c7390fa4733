import { setTimeout as delay } from 'node:timers/promises';

import { formatTimestamp } from '../../host/durations';
import type { Output } from '../../host/terminal/output';
import type { GrowingLog } from './growingLog';

/** Reads a log that may still grow. */
export interface LogReader {
  /** Prints what was added since the last call; returns whether there was anything. */
  printMore(): boolean;
}

/** The beginnings of lines that have at least one byte. */
const LINE_START = /(?<![^\n])(?=[^])/g;

/** Prints `log` to `out`: from its beginning, or from its last `tail` lines. */
export function openReader(
  out: Output,
  log: GrowingLog,
  { tail, timestamps }: { readonly tail: number | undefined; readonly timestamps: boolean },
): LogReader {
  if (tail !== undefined) log.skipToLastLines(tail);
  let isFirst = true;
  let atLineStart = true;
  const print = (bytes: Buffer): void => {
    if (!timestamps) {
      out.raw(bytes);
      return;
    }
    const stamp = isFirst ? ' '.repeat(formatTimestamp(0).length) : formatTimestamp(Date.now());
    const text = bytes.toString('latin1'); // a byte each: no character is cut in two
    const stamped = text.replace(LINE_START, (_, at: number) => (at === 0 && !atLineStart ? '' : `${stamp}  `));
    atLineStart = text.endsWith('\n');
    out.raw(Buffer.from(stamped, 'latin1'));
  };
  return {
    printMore() {
      let printed = false;
      for (const bytes of log.more()) {
        print(bytes);
        printed = true;
      }
      out.flush();
      isFirst = false;
      return printed;
    },
  };
}

/**
 * When the end is recorded, output may still be on its way through `tee`. Reading ends after so many reads without a
 * byte, {@link READ_MS} apart. Reads are counted, and not time, so that a busy host does not end it early.
 */
const QUIET_READS = 10;
const READ_MS = 50;

/** What a deploy leaves running may write to the log for ever. */
const MOST_READS = 60;

/**
 * Calls `readMore` until it has returned false {@link QUIET_READS} times in a row, and at most {@link MOST_READS}
 * times. It returns whether there was anything.
 */
export async function untilQuiet(readMore: () => boolean): Promise<void> {
  for (let reads = 0, quiet = 0; quiet < QUIET_READS && reads < MOST_READS; reads += 1) {
    await delay(READ_MS);
    quiet = readMore() ? 0 : quiet + 1;
  }
}
