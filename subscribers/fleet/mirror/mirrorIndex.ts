import { join } from 'node:path';

import { readSmallFile, replaceFile } from '../../../host/system/files';
import type { RunningBuild } from '../../../journal/history';

/** An earlier past of a journal, which its host no longer has. */
export interface Rewritten {
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
export interface Heard {
  readonly at: number;
  readonly state: unknown;
}

/** What a mirror knows beside the journals: one file, so that a list of what is running needs to read no other. */
export interface MirrorIndex {
  /** The stream that was read; undefined before the first time. */
  stream?: { created: string; last: number; crc: number } | undefined;
  /** Where reading goes on. */
  next: number;
  nextState: number;
  /** By `<host>/<journal>`. */
  journals: Record<string, MirroredJournal>;
  /** By `<host>/host` and `<host>/<journal>`. */
  heard: Record<string, Heard>;
}

const LAYOUT = 1;
const LIMIT_BYTES = 512 * 1024 * 1024;

/** Nothing has been read. */
export function emptyIndex(): MirrorIndex {
  return { stream: undefined, next: 1, nextState: 1, journals: {}, heard: {} };
}

/** The index of the mirror in `directory`; an empty one where there is none of this layout. Throws system errors. */
export function readIndex(directory: string): MirrorIndex {
  const text = readSmallFile(join(directory, INDEX_FILE), LIMIT_BYTES);
  if (text === undefined) return emptyIndex();
  try {
    const { layout, ...index } = JSON.parse(text) as MirrorIndex & { layout: number };
    return layout === LAYOUT ? index : emptyIndex();
  } catch {
    return emptyIndex();
  }
}

export const INDEX_FILE = 'index.json';

/** Stores it in one step. Throws system errors. */
export function writeIndex(directory: string, index: MirrorIndex): void {
  replaceFile(join(directory, INDEX_FILE), JSON.stringify({ layout: LAYOUT, ...index }), {
    mode: 0o600,
    durable: true,
  });
}
