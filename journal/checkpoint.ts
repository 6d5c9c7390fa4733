import { join } from 'node:path';

import { readSmallFile, removeFile } from '../host/system/files';
import { replaceFile } from '../host/system/replaceFile';
import type { Head } from './file/journalFile';
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
  const stored = readStored(join(directory, CHECKPOINT_FILE));
  if (!Array.isArray(stored)) return undefined;
  const [version, head, history] = stored as unknown[];
  return version === VERSION && isHead(head) && isHistory(history) ? { head, history } : undefined;
}

/**
 * The file holds one line of JSON, twice: two lines that differ are damage. To parse and to compare them is native
 * code; MessagePack and a checksum would take four times as long as all else that a list of 20 builds does.
 */
function readStored(path: string): unknown {
  try {
    const text = readSmallFile(path, LIMIT_BYTES) ?? '';
    const half = text.slice(0, text.length / 2);
    return half + half === text ? (JSON.parse(half) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

function isHead(value: unknown): value is Head {
  const { seq, start, crc, readTo, end } = (value ?? {}) as Partial<Head>;
  return [seq, start, crc, readTo, end].every((number) => Number.isSafeInteger(number) && Number(number) >= 0);
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
  const line = `${JSON.stringify([VERSION, head, history])}\n`;
  replaceFile(join(directory, CHECKPOINT_FILE), line + line, { mode: 0o600, durable: false });
}

/** Removes the checkpoint in `directory`. */
export function removeCheckpoint(directory: string): void {
  removeFile(join(directory, CHECKPOINT_FILE));
}
