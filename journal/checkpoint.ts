import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { removeFile } from '../host/system/files';
import type { History } from './history';
import type { Head } from './file/journalFile';
import { readStored, writeStored } from './storedTwice';

/** A history with the journal position it has reached: a shortcut, never the truth. */
export interface Checkpoint {
  readonly head: Head;
  readonly history: History;
  /** The record files said what this history says when it was stored. */
  readonly settled: boolean;
}

/** Name of the checkpoint in an app's directory. */
export const CHECKPOINT_FILE = 'events.checkpoint';

/** Of the layout and of what events are folded into: whoever changes either adds one, and older checkpoints are passed over. */
const VERSION = 4;

/** The checkpoint in `directory`; undefined when there is none that this program can trust. Never throws. */
export function readCheckpoint(directory: string): Checkpoint | undefined {
  const stored = readStored(join(directory, CHECKPOINT_FILE));
  if (!Array.isArray(stored)) return undefined;
  const [version, head, history, settled] = stored as unknown[];
  if (version !== VERSION || !isHead(head) || !isHistory(history)) return undefined;
  return { head, history, settled: settled === true };
}

/** Somebody can have written anything twice; what would end a reader is passed over. */
function isHead(value: unknown): value is Head {
  const { seq, start, crc, readTo, end } = (value ?? {}) as Partial<Head>;
  return [seq, start, crc, readTo, end].every((number) => Number.isSafeInteger(number) && Number(number) >= 0);
}

function isHistory(value: unknown): value is History {
  const { builds, newestIds, departed } = (value ?? {}) as Partial<History>;
  return [builds, newestIds, departed].every((list) => Array.isArray(list));
}

/** Whether there is one, trustworthy or not. */
export function hasCheckpoint(directory: string): boolean {
  return existsSync(join(directory, CHECKPOINT_FILE));
}

/** Stores `checkpoint` in `directory`. Not synced: a lost one only costs time. Throws system errors. */
export function writeCheckpoint(directory: string, { head, history, settled }: Checkpoint): void {
  writeStored(join(directory, CHECKPOINT_FILE), [VERSION, head, history, settled]);
}

/** Forgets the checkpoint in `directory`. */
export function removeCheckpoint(directory: string): void {
  removeFile(join(directory, CHECKPOINT_FILE));
}
