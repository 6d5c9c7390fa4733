import type * as ulids from 'ulid';

import { JournalNotWritten } from '../errors';
import { type BuildEvent, type Recorded, SCHEMA_VERSION } from '../events';
import { encodeEnvelope } from './format/envelope';
import { encodeFrame, readHeader } from './format/frame';
import type { Head } from './journalFile';
import { parseEvent } from './format/parseEvent';

/** An event, the frame that holds it, and the position behind that frame. */
export interface NextFrame {
  readonly recorded: Recorded;
  readonly frame: Buffer;
  readonly head: Head;
}

/**
 * The frame that puts `event` behind `head` into the journal at `path`. `digest` is the SHA-256 of the bytes from
 * `head.readTo` to `head.end`. `at` is ms since the epoch, `random` gives fractions from 0 to below 1. Throws
 * {@link JournalNotWritten} for an event that readers would not accept.
 */
export function nextFrame(
  path: string,
  head: Head,
  digest: Uint8Array,
  event: BuildEvent,
  at: number,
  random: () => number,
): NextFrame {
  const recorded = newRecorded(path, head.seq + 1, event, at, random);
  const { crc: previousCrc, end: start } = head;
  const frame = encodeFrame(encodeEnvelope(recorded, { previousCrc, readTo: start, digest }));
  const crc = readHeader(frame)?.crc ?? 0;
  return { recorded, frame, head: { seq: recorded.seq, start, crc, readTo: start, end: start + frame.length } };
}

/**
 * `event` as every reader will find it under the number `seq`. Throws {@link JournalNotWritten} for one that readers
 * would pass over. `path` is that of the journal.
 */
function newRecorded(path: string, seq: number, event: BuildEvent, at: number, random: () => number): Recorded {
  const parsed = parseEvent(event.type, event);
  if (parsed instanceof Error) throw new JournalNotWritten(path, `no reader knows this event: ${parsed.message}`);
  const time = Math.max(0, Math.trunc(at));
  const id = newUlid(Math.min(Math.max(1, time), LAST_ULID_TIME), random); // it takes 0 for no time
  return { seq, id, at: time, schema: SCHEMA_VERSION, event: parsed };
}

let loadedUlid: typeof ulids | undefined;

/** The package loads node:crypto, which only calls that append need. */
function newUlid(at: number, random: () => number): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  loadedUlid ??= require('ulid') as typeof ulids;
  return loadedUlid.ulid(at, random);
}

/** In the year 10889. */
const LAST_ULID_TIME = 2 ** 48 - 1;
