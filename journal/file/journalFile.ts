import fs from 'node:fs';
import { dirname, join } from 'node:path';

import { errorCode, reasonOf } from '../../host/failure';
import { ownLikeParent, syncDirectory } from '../../host/files/files';
import { isAt } from '../../host/files/openFile';
import { JournalNotReadable, JournalNotWritten } from '../errors';
import { sha256 } from './format/checksums';
import { HEADER_BYTES, readHeader } from './format/frame';

/** Name of the journal in an app's directory. */
export const JOURNAL_FILE = 'events.journal';

/** A position: behind the last event that counts, and how to go on from there. */
export interface Head {
  /** Number of the last event; 0 before the first. */
  readonly seq: number;
  /** Offset and CRC-32 of its frame. */
  readonly start: number;
  readonly crc: number;
  /** The `readTo` of its link: where the next event's digest begins. */
  readonly readTo: number;
  /** Offset behind the last intact frame: where reading goes on. */
  readonly end: number;
}

/** Whether `value`, read from a file, has the fields of a position. */
export function isHead(value: unknown): value is Head {
  const { seq, start, crc, readTo, end } = (value ?? {}) as Partial<Head>;
  return [seq, start, crc, readTo, end].every((number) => Number.isSafeInteger(number) && Number(number) >= 0);
}

/** Before the first event. */
export const START: Head = { seq: 0, start: 0, crc: 0, readTo: 0, end: 0 };

/** A longer file is not a journal: a trigger that reads it would take a minute. It has room for 4 million events. */
export const MAX_JOURNAL = 1024 ** 3;

/** For the owner alone: events name ssh keys and commands. */
export const JOURNAL_MODE = 0o600;

export interface Journal {
  readonly path: string;
  readonly fd: number;
}

/** The journal at `path` for reading; undefined when there is none. Throws {@link JournalNotReadable}. */
export function openJournal(path: string): Journal | undefined {
  try {
    return opened(path, fs.constants.O_RDONLY);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new JournalNotReadable(path, reasonOf(error));
  }
}

/**
 * The result of `work` on the journal at `path`, which is closed afterwards; undefined when there is no journal.
 * Throws {@link JournalNotReadable}.
 */
export function withJournal<T>(path: string, work: (journal: Journal) => T): T | undefined {
  const journal = openJournal(path);
  if (journal === undefined) return undefined;
  try {
    return work(journal);
  } finally {
    closeJournal(journal);
  }
}

/** The journal at `path` for appending, made when there is none. Throws {@link JournalNotWritten}. */
export function openJournalForAppend(path: string): Journal {
  try {
    const journal = opened(path, fs.constants.O_RDWR | fs.constants.O_APPEND | fs.constants.O_CREAT);
    if (fs.fstatSync(journal.fd).size === 0) {
      ownLikeParent(journal.fd, dirname(path));
      syncNameOf(journal);
    }
    return journal;
  } catch (error) {
    throw new JournalNotWritten(path, reasonOf(error));
  }
}

function syncNameOf({ path }: Journal): void {
  syncDirectory(dirname(path));
  syncDirectory(dirname(dirname(path))); // the app's directory may be new, too
}

function opened(path: string, flags: number): Journal {
  const fd = fs.openSync(path, flags | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK, JOURNAL_MODE);
  const stat = fs.fstatSync(fd);
  if (stat.isFile() && stat.size <= MAX_JOURNAL) return { path, fd };
  fs.closeSync(fd);
  throw new Error(
    stat.isFile()
      ? `it has ${stat.size} bytes, and a journal has at most ${MAX_JOURNAL}: move it away to begin a new history`
      : 'it is not a regular file',
  );
}

/** Whether another file has taken the place of `journal`, as `fleet:restore` does it. Not so if it was only moved. */
export function isReplaced({ path, fd }: Journal): boolean {
  return isAt(path, fd) === false;
}

export function closeJournal(journal: Journal): void {
  fs.closeSync(journal.fd);
}

const CHUNK_BYTES = 64 * 1024;

/**
 * Reads at `position` into `into` from `at` on; returns how many bytes there were. Throws {@link JournalNotReadable}.
 */
export function readAt(journal: Journal, into: Buffer, at: number, position: number): number {
  try {
    return fs.readSync(journal.fd, into, at, into.length - at, position);
  } catch (error) {
    throw new JournalNotReadable(journal.path, reasonOf(error));
  }
}

/**
 * Whether `head`, taken from somewhere else, is a place in this journal: the frame of its last event stands intact
 * where it says.
 */
export function isHeadOf(journal: Journal, head: Head): boolean {
  if (head.seq === 0) return true;
  const header = Buffer.alloc(HEADER_BYTES);
  readAt(journal, header, 0, head.start);
  const there = readHeader(header); // its payload is not summed up again: what is damaged there, verification finds
  return there?.crc === head.crc && head.start + there.bytes <= head.end && head.end <= sizeOf(journal);
}

/** SHA-256 over the bytes `from` up to `to` of the file. */
export function digestOf(journal: Journal, from: number, to: number): Buffer {
  const hash = sha256();
  for (const chunk of chunksOf(journal, from, to)) hash.update(chunk);
  return hash.digest();
}

/** The bytes `from` up to `to` of the file; fewer when it ends before. */
function* chunksOf(journal: Journal, from: number, to: number): Generator<Uint8Array, undefined, undefined> {
  for (let at = from; at < to;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - at));
    const count = readAt(journal, chunk, 0, at);
    if (count === 0) return;
    yield chunk.subarray(0, count);
    at += count;
  }
}

/** The bytes of the journal in `directory`; 0 when there is none. */
export function journalSize(directory: string): number {
  return fs.statSync(join(directory, JOURNAL_FILE), { throwIfNoEntry: false })?.size ?? 0;
}

/** The bytes of the file. */
export function sizeOf(journal: Journal): number {
  return fs.fstatSync(journal.fd).size;
}

/**
 * Everything appended so far is on disk when this returns, under the name of the journal: while another process makes
 * a journal with its first events, the file has two names. Throws {@link JournalNotWritten}.
 */
export function syncJournal(journal: Journal): void {
  try {
    fs.fdatasyncSync(journal.fd);
    if (fs.fstatSync(journal.fd).nlink > 1) syncNameOf(journal);
  } catch (error) {
    throw new JournalNotWritten(journal.path, reasonOf(error));
  }
}
