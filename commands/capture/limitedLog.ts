import { writeAll } from '../../host/files/files';
import { countLines, endOfLine, endsLine, LINE_END } from './lines';
import { TailBuffer } from './tailBuffer';

/** A log that keeps a part of what is written to it. */
export interface Log {
  /** Throws system errors. */
  write(bytes: Uint8Array): void;
  /** Writes the end of the output, so that the log is complete. Throws system errors. */
  complete(): void;
}

/** A log behind the descriptor `fd` that keeps everything. */
export function unlimitedLog(fd: number): Log {
  return { write: (bytes) => writeAll(fd, bytes), complete: () => undefined };
}

/** Room for the notes about omitted output. */
const NOTES_BYTES = 256;

/** Maximum size of the end of the output, which is kept in memory. */
const LONGEST_TAIL_BYTES = 1024 * 1024;

/**
 * A log behind the descriptor `fd` of at most `limit` bytes. It is only appended to, so that readers can follow it. It
 * begins with the beginning of the output. If not all of it fits, {@link Log.complete} adds a note about the omitted
 * part, and the last part of the output, at most {@link LONGEST_TAIL_BYTES}.
 */
export function limitedLog(fd: number, limit: number): Log {
  const room = limit - NOTES_BYTES;
  const tail = new TailBuffer(Math.min(Math.floor(room / 2), LONGEST_TAIL_BYTES));
  let headRoom = room - tail.capacity;
  let isEmpty = true;
  let endsWhole = true;
  let isComplete = false;
  const append = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    writeAll(fd, bytes);
    isEmpty = false;
    endsWhole = endsLine(bytes);
  };
  const note = (text: string): void => append(Buffer.from(`${endsWhole ? '' : '\n'}-----> ${text}\n`));
  /** How much of `bytes` belongs to the beginning: whole lines, unless the first line is too long. */
  const headOf = (bytes: Uint8Array): number => {
    if (bytes.length <= headRoom) return bytes.length;
    const whole = bytes.subarray(0, headRoom).lastIndexOf(LINE_END) + 1;
    return whole > 0 || (endsWhole && !isEmpty) ? whole : headRoom;
  };
  return {
    write(bytes) {
      const head = headOf(bytes);
      headRoom = head === bytes.length ? headRoom - head : 0;
      append(bytes.subarray(0, head));
      if (head === bytes.length || isComplete) return;
      const lostBefore = tail.lost().bytes;
      tail.push(bytes.subarray(head));
      if (lostBefore === 0 && tail.lost().bytes > 0)
        note('The log has reached its limit: only the last lines are still added, at the end');
    },
    complete() {
      isComplete = true;
      const lost = tail.lost();
      const kept = tail.content();
      const begun = lost.bytes === 0 ? 0 : endOfLine(kept) % kept.length; // a line without its beginning
      const lines = lost.lines + countLines(kept.subarray(0, begun));
      if (lost.bytes > 0) note(`${lines} lines (${lost.bytes + begun} bytes) are left out here`);
      append(kept.subarray(begun));
    },
  };
}
