import { join } from 'node:path';

import { readSmallFile, replaceFile } from '../../../host/system/files';
import type { Recorded } from '../../../journal/events';
import {
  closeJournal,
  type Head,
  isHeadOf,
  type Journal,
  JOURNAL_FILE,
  openJournal,
  START,
} from '../../../journal/file/journalFile';
import { readJournal } from '../../../journal/file/readJournal';

/** In an app's directory, beside its journal: the position in the journal up to which events are queued. */
const POSITION_FILE = '.queued-up-to';
const POSITION_BYTES = 256;

/** Events of an app that are not queued yet. */
export interface NewEvents {
  /** In order. */
  readonly events: readonly Recorded[];
  /** How far the journal was read. */
  readonly head: Head;
  /** Nothing of this journal was ever queued. */
  readonly isFirst: boolean;
}

/**
 * Reads the journal in `directory` from the stored position on; all of it if there is no position, or one of another journal. Returns the
 * events that are `wanted`.
 */
export function readNewEvents(directory: string, wanted: (recorded: Recorded) => boolean): NewEvents {
  const journal = openJournal(join(directory, JOURNAL_FILE));
  if (journal === undefined) return { events: [], head: START, isFirst: true };
  try {
    const position = readPosition(directory);
    const behind = position && isHeadOf(journal, position) ? readFrom(journal, position, wanted) : undefined;
    if (behind !== undefined) return { ...behind, isFirst: false };
    return { ...(readFrom(journal, START, wanted) ?? { events: [], head: START }), isFirst: true };
  } finally {
    closeJournal(journal);
  }
}

/** Whether everything up to the journal position `head` is queued. */
export function isQueuedUpTo(directory: string, head: Head): boolean {
  const position = readPosition(directory);
  return position?.seq === head.seq && position.crc === head.crc;
}

/** Stores that everything up to `head` is queued. Not durable: what a power cut takes away here is sent twice. */
export function noteQueuedUpTo(directory: string, { seq, start, crc, readTo, end }: Head): void {
  const position = JSON.stringify({ seq, start, crc, readTo, end });
  replaceFile(join(directory, POSITION_FILE), position, { mode: 0o600, durable: false });
}

function readFrom(
  journal: Journal,
  from: Head,
  wanted: (recorded: Recorded) => boolean,
): { events: Recorded[]; head: Head } | undefined {
  const events: Recorded[] = [];
  const { head, diverged } = readJournal(journal, from, {
    event(recorded) {
      if (wanted(recorded)) events.push(recorded);
    },
    problem: () => undefined, // the commands that people run say so
  });
  return diverged ? undefined : { events, head };
}

/** Undefined when nothing was queued yet; damage counts as that. */
function readPosition(directory: string): Head | undefined {
  try {
    const text = readSmallFile(join(directory, POSITION_FILE), POSITION_BYTES);
    const { seq, start, crc, readTo, end } = JSON.parse(text ?? '{}') as Partial<Record<keyof Head, unknown>>;
    return isWhole(seq) && isWhole(start) && isWhole(crc) && isWhole(readTo) && isWhole(end)
      ? { seq, start, crc, readTo, end }
      : undefined;
  } catch {
    return undefined;
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
