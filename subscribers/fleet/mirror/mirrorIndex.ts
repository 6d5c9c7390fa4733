import { join } from 'node:path';

import { readSmallFile } from '../../../host/system/files';
import { replaceFile } from '../../../host/system/replaceFile';
import type { RunningBuild } from '../../../journal/history';

/** An earlier past of a journal, which its host no longer has. */
interface Rewritten {
  /** File in the journal's directory that holds it. */
  readonly file: string;
  /** Up to this byte both are the same. */
  readonly same: number;
  readonly size: number;
}

/** A journal in the mirror, and how far it has been read. */
export interface MirroredJournal {
  readonly host: string;
  readonly journal: string;
  /** The branch that is being read; 0 before the first piece. */
  branch: number;
  /** Offset behind what was read of this branch. */
  end: number;
  /** Bytes of the file that have been stored. */
  size: number;
  upTo: number;
  /** Pieces of this branch are missing behind `end`; its host is asked to publish the journal again. */
  gap?: number;
  rewritten: Rewritten[];
  /** Number of the last event. */
  seq: number;
  /** Number of the last event in the checkpoint. */
  stored: number;
  /** Builds that no event has ended. */
  open: readonly RunningBuild[];
}

/** The last that was heard of a host or a journal, and when (ms since the epoch). */
interface Heard {
  readonly at: number;
  readonly state: unknown;
}

/** Which stream was read, and how far. */
interface StreamRead {
  readonly created: string;
  /** Sequence number and CRC-32 of the last piece that was read. */
  readonly last: number;
  readonly crc: number;
  /** When the engine stored its last piece, if that was read: then the stream is unchanged as long as it says so. */
  readonly time?: string;
}

/** What a mirror knows beside the journals: one file, so that a list of what is running needs to read no other. */
export interface MirrorIndex {
  /** The stream that was read; undefined before the first time. */
  stream?: StreamRead | undefined;
  /** Where reading goes on. */
  next: number;
  nextState: number;
  /** By `<host>/<journal>`. */
  journals: Record<string, MirroredJournal>;
  /** By `<host>/host` and `<host>/<journal>`. */
  heard: Record<string, Heard>;
}

const LAYOUT = 2;
const LIMIT_BYTES = 512 * 1024 * 1024;
export const INDEX_FILE = 'index.json';

/** Nothing has been read. */
export function emptyIndex(): MirrorIndex {
  return { stream: undefined, next: 1, nextState: 1, journals: {}, heard: {} };
}

/**
 * As the file has it: every call reads all of it, and thousands of journals are alike but for a few numbers. Few have
 * anything in `more`.
 */
interface IndexFile extends Pick<MirrorIndex, 'stream' | 'next' | 'nextState'> {
  readonly layout: number;
  /** By host, then by journal. */
  readonly journals: Record<string, Record<string, Entry>>;
  /** By host, then by `host` or the journal. */
  readonly heard: Record<string, Record<string, readonly [at: number, state: unknown]>>;
}

type Entry = readonly [
  branch: number,
  end: number,
  size: number,
  upTo: number,
  seq: number,
  stored: number,
  more?: More,
];
type More = Partial<Pick<MirroredJournal, 'gap' | 'rewritten' | 'open'>>;

/** The index of the mirror in `directory`; an empty one where there is none of this layout. Throws system errors. */
export function readIndex(directory: string): MirrorIndex {
  const index = emptyIndex();
  const text = readSmallFile(join(directory, INDEX_FILE), LIMIT_BYTES);
  if (text === undefined) return index;
  try {
    const { layout, journals, heard, ...position } = JSON.parse(text) as IndexFile;
    if (layout !== LAYOUT) return index;
    for (const [host, entries] of Object.entries(journals)) {
      for (const [journal, [branch, end, size, upTo, seq, stored, more]] of Object.entries(entries)) {
        const numbers = { branch, end, size, upTo, seq, stored };
        index.journals[`${host}/${journal}`] = { host, journal, ...numbers, rewritten: [], open: [], ...more };
      }
    }
    for (const [host, states] of Object.entries(heard)) {
      for (const [about, [at, state]] of Object.entries(states)) index.heard[`${host}/${about}`] = { at, state };
    }
    return { ...index, ...position };
  } catch {
    return emptyIndex();
  }
}

/** Stores it in one step. Throws system errors. */
export function writeIndex(directory: string, { journals, heard, ...position }: MirrorIndex): void {
  const file: IndexFile = { layout: LAYOUT, ...position, journals: {}, heard: {} };
  for (const { host, journal, branch, end, size, upTo, seq, stored, gap, rewritten, open } of Object.values(journals)) {
    const more: More = {
      ...(gap !== undefined && { gap }),
      ...(rewritten.length > 0 && { rewritten }),
      ...(open.length > 0 && { open }),
    };
    const numbers = [branch, end, size, upTo, seq, stored] as const;
    (file.journals[host] ??= {})[journal] = Object.keys(more).length > 0 ? [...numbers, more] : numbers;
  }
  for (const [key, { at, state }] of Object.entries(heard)) {
    const [host = '', about = ''] = key.split('/');
    (file.heard[host] ??= {})[about] = [at, state];
  }
  replaceFile(join(directory, INDEX_FILE), JSON.stringify(file), { mode: 0o600, durable: true });
}
