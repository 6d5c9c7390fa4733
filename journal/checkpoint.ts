import { join } from 'node:path';

import { removeFile } from '../host/files/files';
import { readShortcut, writeShortcut } from '../host/files/shortcut';
import { type Head, isHead } from './file/journalFile';
import type { History } from './history';

/** A history with the journal position that it has reached: a shortcut, never the truth. */
export interface Checkpoint {
  readonly head: Head;
  readonly history: History;
}

/** Name of the checkpoint in an app's directory. */
export const CHECKPOINT_FILE = 'events.checkpoint';

/** Version of the layout and of the fold: add one if you change either. Other versions are not read. */
const VERSION = 7;

const LIMIT_BYTES = 64 * 1024 * 1024;

/** The checkpoint in `directory`; undefined if there is none that this program can trust. Never throws. */
export function readCheckpoint(directory: string): Checkpoint | undefined {
  const stored = readShortcut(join(directory, CHECKPOINT_FILE), LIMIT_BYTES);
  if (!Array.isArray(stored)) return undefined;
  const [version, head, history] = stored as unknown[];
  return version === VERSION && isHead(head) && isHistory(history) ? { head, history } : undefined;
}

/** Checks only the outer shape. Two equal lines show that this program wrote the rest. */
function isHistory(value: unknown): value is History {
  const { builds, order, newestIds, pruned } = (value ?? {}) as Partial<Record<keyof History, unknown>>;
  const isObject = typeof builds === 'object' && builds !== null && !Array.isArray(builds);
  return isObject && [order, newestIds, pruned].every((list) => Array.isArray(list));
}

/**
 * Stores `checkpoint` in `directory`. To be called after all files that are derived from its events are up to date.
 * Not synced: a lost checkpoint only costs time. Throws system errors.
 */
export function writeCheckpoint(directory: string, { head, history }: Checkpoint): void {
  writeShortcut(join(directory, CHECKPOINT_FILE), [VERSION, head, history]);
}

/** Removes the checkpoint in `directory`. */
export function removeCheckpoint(directory: string): void {
  removeFile(join(directory, CHECKPOINT_FILE));
}
