import { join } from 'node:path';

import { readSmallFile } from '../../../host/files/openFile';
import { replaceFile } from '../../../host/files/replaceFile';
import type { Recorded } from '../../../journal/events';
import {
  type Head,
  isHead,
  isHeadOf,
  type Journal,
  JOURNAL_FILE,
  START,
  withJournal,
} from '../../../journal/file/journalFile';
import { readJournal } from '../../../journal/file/readJournal';
import type { InferredEnd } from '../notification';
import { InferredEnds } from './inferredEnds';

/** In an app's directory, next to its journal: the position in the journal up to which events are queued. */
const POSITION_FILE = '.queued-up-to';
const POSITION_BYTES = 64 * 1024;

/** Up to where the events of an app are queued. */
export interface Position {
  readonly head: Head;
  /** The inferred ends among the events up to there. */
  readonly inferred: InferredEnds;
}

/** An event that is not queued yet. */
export interface NewEvent {
  readonly recorded: Recorded;
  /** The end that it corrects. */
  readonly corrects?: InferredEnd;
}

/** Events of an app that are not queued yet. */
export interface NewEvents {
  /** In order. */
  readonly events: readonly NewEvent[];
  /** How far the journal was read. */
  readonly position: Position;
  /** Whether no event of this journal was ever queued. */
  readonly isFirst: boolean;
}

/**
 * Reads the journal in `directory` from the stored position on; all of it if there is no position, or one of another
 * journal. Returns the events that are `wanted`.
 */
export function readNewEvents(directory: string, wanted: (recorded: Recorded) => boolean): NewEvents {
  const beginning = (): Position => ({ head: START, inferred: new InferredEnds() });
  const read = withJournal(join(directory, JOURNAL_FILE), (journal) => {
    const position = readPosition(directory);
    const behind = position && isHeadOf(journal, position.head) ? readFrom(journal, position, wanted) : undefined;
    if (behind !== undefined) return { ...behind, isFirst: false };
    const whole = readFrom(journal, beginning(), wanted);
    return whole && { ...whole, isFirst: true };
  });
  return read ?? { events: [], position: beginning(), isFirst: true };
}

/** Whether everything up to the journal position `head` is queued. */
export function isQueuedUpTo(directory: string, head: Head): boolean {
  const position = readPosition(directory);
  return position?.head.seq === head.seq && position.head.crc === head.crc;
}

/**
 * Stores that everything up to `position` is queued. Not durable: if a power cut undoes this, some notifications are
 * sent twice.
 */
export function noteQueuedUpTo(directory: string, { head, inferred }: Position): void {
  const position = JSON.stringify({ ...head, inferred: inferred.toJson() });
  replaceFile(join(directory, POSITION_FILE), position, { mode: 0o600, durable: false });
}

function readFrom(
  journal: Journal,
  from: Position,
  wanted: (recorded: Recorded) => boolean,
): Omit<NewEvents, 'isFirst'> | undefined {
  const { inferred } = from;
  const events: NewEvent[] = [];
  const { head, diverged } = readJournal(journal, from.head, {
    event(recorded) {
      const corrects = inferred.add(recorded.event);
      if (wanted(recorded)) events.push({ recorded, ...(corrects && { corrects }) });
    },
    problem: () => undefined, // the commands warn of it
  });
  return diverged ? undefined : { events, position: { head, inferred } };
}

/** Undefined when nothing was queued yet; damage counts as that. */
function readPosition(directory: string): Position | undefined {
  try {
    const text = readSmallFile(join(directory, POSITION_FILE), POSITION_BYTES) ?? '{}';
    const { inferred, ...head } = JSON.parse(text) as { readonly inferred?: unknown };
    return isHead(head) ? { head, inferred: new InferredEnds(inferred) } : undefined;
  } catch {
    return undefined;
  }
}
