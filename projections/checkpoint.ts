import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { readSmallFile, removeFile, replaceFile } from '../host/files';
import type { History } from '../journal/history';
import type { Head } from '../journal/journal';

/** A history with the journal position it has reached: a shortcut, never the truth. */
export interface Checkpoint {
  readonly head: Head;
  readonly history: History;
}

/** Name of the checkpoint in an app's directory. */
export const CHECKPOINT_FILE = 'events.checkpoint';

/** Of the layout and of what events are folded into: whoever changes either adds one, and older checkpoints are passed over. */
const VERSION = 2;
const LIMIT_BYTES = 64 * 1024 * 1024;

/*
 * The file holds `[VERSION, head, history]` as JSON, twice: two halves that differ are damage. In a process that has just begun
 * this takes a tenth of the time that MessagePack and a checksum do, since JSON and the comparison are native.
 */

/** The checkpoint in `directory`; undefined when there is none that this program can trust. Never throws. */
export function readCheckpoint(directory: string): Checkpoint | undefined {
  try {
    const text = readSmallFile(join(directory, CHECKPOINT_FILE), LIMIT_BYTES);
    if (text === undefined) return undefined;
    const half = text.slice(0, text.length / 2);
    if (text.slice(half.length) !== half) return undefined;
    const [version, head, history] = JSON.parse(half) as [number, Head, History];
    return version === VERSION ? { head, history } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there is one, trustworthy or not. */
export function hasCheckpoint(directory: string): boolean {
  return existsSync(join(directory, CHECKPOINT_FILE));
}

/** Stores `checkpoint` in `directory`. Not synced: a lost one only costs time. Throws system errors. */
export function writeCheckpoint(directory: string, checkpoint: Checkpoint): void {
  const text = JSON.stringify([VERSION, checkpoint.head, checkpoint.history]);
  replaceFile(join(directory, CHECKPOINT_FILE), text + text, { mode: 0o600, durable: false });
}

/** Forgets the checkpoint in `directory`. */
export function removeCheckpoint(directory: string): void {
  removeFile(join(directory, CHECKPOINT_FILE));
}
