import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { readSmallFile, removeFile, replaceFile } from '../host/files';
import { crc32 } from '../journal/crc32';
import { packr } from '../journal/envelope';
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
const VERSION = 1;
const CRC_BYTES = 4;
const LIMIT_BYTES = 64 * 1024 * 1024;

/** The checkpoint in `directory`; undefined when there is none that this program can trust. Never throws. */
export function readCheckpoint(directory: string): Checkpoint | undefined {
  try {
    const bytes = readSmallFile(join(directory, CHECKPOINT_FILE), LIMIT_BYTES);
    if (bytes === undefined || bytes.length <= CRC_BYTES) return undefined;
    const payload = bytes.subarray(CRC_BYTES);
    if (crc32(payload) !== bytes.readUInt32LE()) return undefined;
    const [version, head, history] = packr.unpack(payload) as [number, Head, History];
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
  const payload = packr.pack([VERSION, checkpoint.head, checkpoint.history]);
  const bytes = Buffer.allocUnsafe(CRC_BYTES + payload.length);
  bytes.writeUInt32LE(crc32(payload));
  bytes.set(payload, CRC_BYTES);
  replaceFile(join(directory, CHECKPOINT_FILE), bytes, { mode: 0o600, durable: false });
}

/** Forgets the checkpoint in `directory`. */
export function removeCheckpoint(directory: string): void {
  removeFile(join(directory, CHECKPOINT_FILE));
}
