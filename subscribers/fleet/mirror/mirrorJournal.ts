import fs from 'node:fs';
import { join } from 'node:path';

import { errorCode } from '../../../host/failure';
import { makeDirectory, syncDirectory, syncFile, writeAll } from '../../../host/files/files';
import { JOURNAL_FILE } from '../../../journal/file/journalFile';
import type { MirroredJournal } from './mirrorIndex';
import { endOf, type Piece } from '../piece';

/** What the mirror did with a piece. */
export type Applied =
  | 'stored'
  /** The mirror has it already. */
  | 'known'
  /** Pieces before it are missing. */
  | 'gap'
  /** The mirror has lost bytes: everything must be read again. */
  | 'damaged';

/** Writes `piece` into the journal in `directory`, at its byte offset. Changes `entry`. Throws system errors. */
export function applyPiece(directory: string, entry: MirroredJournal, piece: Piece): Applied {
  if (piece.branch < entry.branch) return 'known';
  if (piece.branch > entry.branch) {
    if (piece.from !== 0) return noteGap(entry, piece);
    Object.assign(entry, { branch: piece.branch, end: 0, upTo: piece.upTo });
    delete entry.gap;
  }
  if (piece.from > entry.end) return noteGap(entry, piece);
  if (endOf(piece) <= entry.end) return 'known';
  const bytes = Buffer.from(piece.bytes.buffer, piece.bytes.byteOffset, piece.bytes.length);
  const stored = store(directory, entry, bytes.subarray(entry.end - piece.from));
  return stored ? 'stored' : 'damaged';
}

function noteGap(entry: MirroredJournal, { branch }: Piece): Applied {
  if (entry.gap === undefined || entry.gap < branch) entry.gap = branch;
  return 'gap';
}

/** Compares `bytes`, which follow `entry.end`, with those in the file, and writes the ones behind its end. */
function store(directory: string, entry: MirroredJournal, bytes: Buffer): boolean {
  const path = join(directory, JOURNAL_FILE);
  let fd = openFile(directory, path);
  try {
    // the file is shorter if a reader was killed while it changed it
    entry.size = Math.min(entry.size, fs.fstatSync(fd).size);
    if (entry.end > entry.size) return false;
    const known = Buffer.allocUnsafe(Math.min(entry.size - entry.end, bytes.length));
    fs.readSync(fd, known, 0, known.length, entry.end);
    if (!known.equals(bytes.subarray(0, known.length))) {
      fs.closeSync(fd);
      fd = -1;
      setAside(directory, entry, entry.end + firstDifference(known, bytes));
      fd = openFile(directory, path);
    }
    const from = Math.max(entry.size - entry.end, 0);
    writeAll(fd, bytes.subarray(from), entry.end + from);
    entry.end += bytes.length;
    entry.size = Math.max(entry.size, entry.end);
    if (entry.branch > 1 && entry.end >= entry.upTo && entry.size > entry.end) {
      fs.closeSync(fd);
      fd = -1;
      setAside(directory, entry, entry.end); // the file has more than the host has published
    }
    return true;
  } finally {
    if (fd >= 0) fs.closeSync(fd);
  }
}

function openFile(directory: string, path: string): number {
  const flags = fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_NOFOLLOW;
  try {
    return fs.openSync(path, flags, 0o600);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    makeDirectory(directory, 0o700);
    return fs.openSync(path, flags, 0o600);
  }
}

/** Keeps the file as an earlier version, and continues with a copy of its first `same` bytes. */
function setAside(directory: string, entry: MirroredJournal, same: number): void {
  const path = join(directory, JOURNAL_FILE);
  const file = `${JOURNAL_FILE}.before-${entry.branch}`;
  const temporary = `${path}.new`;
  fs.copyFileSync(path, temporary);
  fs.truncateSync(temporary, same);
  syncFile(temporary);
  try {
    fs.linkSync(path, join(directory, file));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error; // a reader was killed after this call
  }
  fs.renameSync(temporary, path);
  syncDirectory(directory);
  entry.rewritten = [...entry.rewritten.filter((one) => one.file !== file), { file, same, size: entry.size }];
  entry.size = same;
}

function firstDifference(a: Buffer, b: Buffer): number {
  return a.findIndex((byte, place) => byte !== b[place]);
}
