import { join } from 'node:path';

import { readSmallFile } from '../../../host/files/openFile';
import { replaceFile } from '../../../host/files/replaceFile';
import type { RunningBuild } from '../../../journal/history';
import type { JournalName } from '../engine';

/** An earlier version of a journal, which its host does not have any more. */
interface Rewritten {
  /** The file in the journal's directory that holds it. */
  readonly file: string;
  /** So many bytes at the beginning are the same in both. */
  readonly same: number;
  readonly size: number;
}

/** A journal in the mirror, and how far it has been read. */
export interface MirroredJournal {
  readonly host: string;
  readonly journal: string;
  /** The branch that is being read; 0 before the first piece. */
  branch: number;
  /** The offset in the file up to which this branch was read. */
  end: number;
  /** The size of the file. */
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

/** The last state of a host or a journal, and when it was stored (ms since the epoch). */
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
  /** When the engine stored the last piece, if that was read. A stream that still gives this time is unchanged. */
  readonly time?: string;
}

/**
 * The content of a mirror other than the journals: one file, the only one that a list of running builds reads. Few of
 * thousands of journals have builds without an end, so an entry is only unpacked when it is asked for.
 */
export class MirrorIndex {
  /** The stream that was read; undefined before the first time. */
  stream: StreamRead | undefined;
  /** The sequence numbers to read from next: of pieces, and of states. */
  next = 1;
  nextState = 1;
  readonly #journals: ByHost<Entry | MirroredJournal>;
  readonly #heard: ByHost<StoredHeard>;

  constructor(file?: IndexFile) {
    if (file !== undefined) ({ stream: this.stream, next: this.next, nextState: this.nextState } = file);
    this.#journals = file?.journals ?? {};
    this.#heard = file?.heard ?? {};
  }

  /** The ids of all hosts that have a journal or a state here. */
  get hosts(): string[] {
    return [...new Set([...Object.keys(this.#journals), ...Object.keys(this.#heard)])];
  }

  get journals(): MirroredJournal[] {
    return this.journalsWhere(() => true);
  }

  /** The journals with builds that have not ended, or with a gap. */
  get unsettledJournals(): MirroredJournal[] {
    const unsettled = this.journalsWhere((stored) => !isEntry(stored) || stored[MORE] !== undefined);
    return unsettled.filter(({ open, gap }) => open.length > 0 || gap !== undefined);
  }

  private journalsWhere(passes: (stored: Entry | MirroredJournal) => boolean): MirroredJournal[] {
    const found: MirroredJournal[] = [];
    for (const [host, entries] of Object.entries(this.#journals)) {
      for (const journal in entries) {
        const stored = entries[journal];
        if (stored !== undefined && passes(stored)) found.push(this.journal({ host, journal }));
      }
    }
    return found;
  }

  /** The entry of a journal; a new one if nothing of it was read. {@link writeIndex} stores changes of it. */
  journal({ host, journal }: JournalName): MirroredJournal {
    const entries = (this.#journals[host] ??= {});
    const stored = entries[journal] ?? NEW_ENTRY;
    return isEntry(stored) ? (entries[journal] = unpacked(host, journal, stored)) : stored;
  }

  /** The last state of a journal, or of `host` itself. */
  heard(host: string, about: string): Heard | undefined {
    const stored = this.#heard[host]?.[about];
    return stored && { at: stored[0], state: stored[1] };
  }

  hear(host: string, about: string, { at, state }: Heard): void {
    (this.#heard[host] ??= {})[about] = [at, state];
  }

  toFile(): IndexFile {
    const journals: ByHost<Entry> = {};
    for (const [host, entries] of Object.entries(this.#journals)) {
      const own: Record<string, Entry> = (journals[host] = {});
      for (const [journal, stored] of Object.entries(entries)) own[journal] = isEntry(stored) ? stored : packed(stored);
    }
    const { stream, next, nextState } = this;
    return { layout: LAYOUT, stream, next, nextState, journals, heard: this.#heard };
  }
}

const LAYOUT = 2;
const LIMIT_BYTES = 512 * 1024 * 1024;
export const INDEX_FILE = 'index.json';

/** By host, then by journal, or by `host` for what a host says of itself. */
type ByHost<T> = Record<string, Record<string, T>>;

interface IndexFile extends Pick<MirrorIndex, 'stream' | 'next' | 'nextState'> {
  readonly layout: number;
  readonly journals: ByHost<Entry>;
  readonly heard: ByHost<StoredHeard>;
}

type StoredHeard = readonly [at: number, state: unknown];

/** Short, because there are thousands. Few have anything in `more`. */
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

const NEW_ENTRY: Entry = [0, 0, 0, 0, 0, 0];
const MORE = 6;

function isEntry(stored: Entry | MirroredJournal): stored is Entry {
  return Array.isArray(stored);
}

function unpacked(host: string, journal: string, entry: Entry): MirroredJournal {
  const [branch, end, size, upTo, seq, stored, more] = entry;
  return { host, journal, branch, end, size, upTo, seq, stored, rewritten: [], open: [], ...more };
}

function packed({ branch, end, size, upTo, seq, stored, gap, rewritten, open }: MirroredJournal): Entry {
  const more: More = {
    ...(gap !== undefined && { gap }),
    ...(rewritten.length > 0 && { rewritten }),
    ...(open.length > 0 && { open }),
  };
  const numbers = [branch, end, size, upTo, seq, stored] as const;
  return Object.keys(more).length > 0 ? [...numbers, more] : numbers;
}

/** The index of the mirror in `directory`; an empty one if there is none of this layout. Throws system errors. */
export function readIndex(directory: string): MirrorIndex {
  const text = readSmallFile(join(directory, INDEX_FILE), LIMIT_BYTES);
  if (text === undefined) return new MirrorIndex();
  try {
    const file = JSON.parse(text) as IndexFile;
    return new MirrorIndex(file.layout === LAYOUT ? file : undefined);
  } catch {
    return new MirrorIndex();
  }
}

/** Stores the index in one step. Throws system errors. */
export function writeIndex(directory: string, index: MirrorIndex): void {
  replaceFile(join(directory, INDEX_FILE), JSON.stringify(index.toFile()), { mode: 0o600, durable: true });
}
