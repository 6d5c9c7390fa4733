import { existsSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

import { Failure, type Warn } from '../../../host/failure';
import { fileVersion } from '../../../host/files/fileVersion';
import { makeDirectory, syncFile } from '../../../host/files/files';
import { crc32 } from '../../../journal/file/format/checksums';
import { JOURNAL_FILE } from '../../../journal/file/journalFile';
import type { Bulletin } from '../bulletin';
import type { Engine, StoredPiece } from '../engine';
import { INDEX_FILE, type MirroredJournal, MirrorIndex, readIndex, writeIndex } from './mirrorIndex';
import { asHostState, asJournalState } from '../states';
import { applyPiece } from './mirrorJournal';
import { lockMirror } from './mirrorLock';

/*
 * A mirror is a directory:
 *
 *   index.json                     how far the stream was read, the last state of each host, builds without an end
 *   journals/<host>/<journal>/     events.journal, byte for byte the host's; a checkpoint; earlier versions of it
 *   journals.before                the journals of the stream before, if that was made again
 *   lock                           held (flock) by the process that updates the mirror
 */

/** A copy of the journals of all hosts. */
export class Mirror {
  /** The version of the index file that the index was read from. */
  #indexFile: string;

  /** The position that is stored in the index file, for {@link hasChanged}. */
  #stored: string | undefined;

  private constructor(
    readonly directory: string,
    public index: MirrorIndex,
    private readonly patience: number,
  ) {
    this.#indexFile = fileVersion(join(directory, INDEX_FILE));
    this.#stored = this.#indexFile === '' ? undefined : positionOf(index);
  }

  /**
   * Opens the mirror in `directory`, and makes it if there is none. `patience`: how long to wait for another reader,
   * in ms. Throws system errors.
   */
  static open(directory: string, patience = PATIENCE_MS): Mirror {
    makeDirectory(directory, 0o700);
    return new Mirror(directory, readIndex(directory), patience);
  }

  /** The directory of a journal. */
  directoryOf({ host, journal }: Pick<MirroredJournal, 'host' | 'journal'>): string {
    return join(this.directory, 'journals', host, journal);
  }

  get journals(): MirroredJournal[] {
    return this.index.journals;
  }

  /**
   * Reads everything that was published since the last time. `now` is ms since the epoch. Warns if the stream is not
   * the one that was read before. Rejects with `EngineAway` and system errors, and keeps what was read until then.
   */
  async refresh(
    engine: Engine & Pick<Bulletin, 'statesFrom' | 'streamState' | 'ask'>,
    now: number,
    warn: Warn,
  ): Promise<void> {
    if (await this.isCurrent(engine)) {
      this.noteRead(now);
      return;
    }
    const release = await lockMirror(this.directory, this.patience);
    try {
      this.readIndexAgain();
      const stream = await engine.streamState();
      const before = this.index.stream;
      if (before !== undefined && (before.created !== stream.created || stream.last < before.last))
        this.startAgain(warn);
      const touched = new Set<MirroredJournal>();
      await this.readPieces(engine, stream.created, touched, warn);
      if (this.index.stream?.last === stream.last) this.index.stream = { ...this.index.stream, time: stream.time };
      await this.readStates(engine);
      await this.fold(touched);
      if (touched.size > 0 || this.hasChanged) this.storeIndex();
      this.noteRead(now);
      await this.askForGaps(engine);
    } finally {
      release();
    }
  }

  /** Whether nothing was published since the last time, and nothing is missing: the usual case. */
  private async isCurrent(engine: Pick<Bulletin, 'statesFrom' | 'streamState'>): Promise<boolean> {
    this.readIndexAgain();
    const { stream, nextState, unsettledJournals } = this.index;
    if (stream?.time === undefined || unsettledJournals.some(({ gap }) => gap !== undefined)) return false;
    const { created, last, time } = await engine.streamState();
    if (created !== stream.created || last !== stream.last || time !== stream.time) return false;
    return (await engine.statesFrom(nextState)).states.length === 0;
  }

  /** Reads the index again if another process has updated it. */
  private readIndexAgain(): void {
    const file = fileVersion(join(this.directory, INDEX_FILE));
    if (file === this.#indexFile) return;
    this.index = readIndex(this.directory);
    this.#indexFile = file;
    this.#stored = positionOf(this.index);
  }

  /** When the mirror was last complete, ms since the epoch; 0 for never. */
  get readAt(): number {
    return statSync(join(this.directory, INDEX_FILE), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }

  /** Stores the time as that of the index file, so that the file is not written again if nothing is new. */
  private noteRead(now: number): void {
    utimesSync(join(this.directory, INDEX_FILE), now / 1000, now / 1000);
    this.#indexFile = fileVersion(join(this.directory, INDEX_FILE));
  }

  /** Whether more was read than is in the index file. */
  private get hasChanged(): boolean {
    return this.#stored !== positionOf(this.index);
  }

  private storeIndex(): void {
    this.#stored = positionOf(this.index);
    writeIndex(this.directory, this.index);
    this.#indexFile = fileVersion(join(this.directory, INDEX_FILE));
  }

  private async readPieces(engine: Engine, created: string, touched: Set<MirroredJournal>, warn: Warn): Promise<void> {
    for (let restarts = 0; ;) {
      const { stream } = this.index;
      // The last piece is read once more, to see whether it is still the one that was read.
      const batch = await engine.readFrom(stream === undefined ? this.index.next : stream.last);
      if (stream !== undefined && !isSame(batch.pieces[0], stream)) {
        if (++restarts > MOST_RESTARTS) throw new Failure('The stream changes faster than it can be read');
        touched.clear();
        this.startAgain(warn);
        continue;
      }
      const changed = new Set<MirroredJournal>();
      for (const { of, piece } of batch.pieces) {
        const entry = this.index.journal(of);
        const applied = applyPiece(this.directoryOf(of), entry, piece);
        if (applied === 'stored') changed.add(entry);
        if (applied === 'damaged') {
          warn(`The mirror of ${of.host}/${of.journal} has lost bytes; everything is read again`);
          touched.clear();
          this.startAgain(() => undefined);
          return this.readPieces(engine, created, touched, warn);
        }
      }
      const last = batch.pieces.at(-1);
      if (last !== undefined) this.index.stream = { created, last: last.sequence, crc: crc32(last.piece.bytes) };
      this.index.next = batch.next;
      if (changed.size > 0) {
        for (const entry of changed) syncFile(join(this.directoryOf(entry), JOURNAL_FILE));
        if (!batch.atEnd) this.storeIndex();
      }
      for (const entry of changed) touched.add(entry);
      if (batch.atEnd) return;
    }
  }

  private async readStates(engine: Pick<Bulletin, 'statesFrom'>): Promise<void> {
    const { states, next } = await engine.statesFrom(this.index.nextState);
    for (const { host, about, state, at } of states) {
      const isState = about === 'host' ? asHostState(state) : asJournalState(state);
      if (isState !== undefined) this.index.hear(host, about, { at, state });
    }
    this.index.nextState = next;
  }

  private async fold(entries: ReadonlySet<MirroredJournal>): Promise<void> {
    if (entries.size === 0) return;
    const { foldInto } = await import('./journalHistory');
    for (const entry of entries) foldInto(entry, this.directoryOf(entry));
  }

  private async askForGaps(engine: Pick<Bulletin, 'ask'>): Promise<void> {
    const gaps = this.index.unsettledJournals.filter(({ gap }) => gap !== undefined);
    for (const { host, journal, gap } of gaps) {
      await engine.ask({ ask: 'publish-again', host, journal, branch: gap }, ASK_MS, (answers) => answers.length > 0);
    }
  }

  /** The stream is another one now: moves the journals to `journals.before`, and reads everything again. */
  private startAgain(warn: Warn): void {
    const [journals, before] = ['journals', 'journals.before'].map((name) => join(this.directory, name)) as [
      string,
      string,
    ];
    if (existsSync(journals)) {
      rmSync(before, { recursive: true, force: true });
      renameSync(journals, before);
      warn(
        'The stream is not the one that was read before: it was made again, or has lost its end. ' +
          `All of it is read again; what was known is kept in ${before}`,
      );
    }
    this.index = new MirrorIndex();
    this.storeIndex();
  }
}

const MOST_RESTARTS = 3;
const PATIENCE_MS = 5000;
const ASK_MS = 500;

/** Which stream was read, and how far, as a text to compare. */
function positionOf({ stream, next, nextState }: MirrorIndex): string {
  return `${stream?.created} ${stream?.time} ${next} ${nextState}`;
}

function isSame(stored: StoredPiece | undefined, { last, crc }: { last: number; crc: number }): boolean {
  return stored?.sequence === last && crc32(stored.piece.bytes) === crc;
}
