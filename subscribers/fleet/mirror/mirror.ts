import { existsSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

import { Failure } from '../../../host/failure';
import { fileVersion } from '../../../host/system/fileVersion';
import { makeDirectory, syncFile } from '../../../host/system/files';
import { crc32 } from '../../../journal/file/checksums';
import { JOURNAL_FILE } from '../../../journal/file/journalFile';
import type { Bulletin } from '../bulletin';
import type { Engine, StoredPiece } from '../engine';
import { INDEX_FILE, type MirroredJournal, MirrorIndex, readIndex, writeIndex } from './mirrorIndex';
import { applyPiece } from './mirrorJournal';
import { lockMirror } from './mirrorLock';

/*
 * A mirror is a directory:
 *
 *   index.json                     how far all was read, what hosts said last, builds that have not ended
 *   journals/<host>/<journal>/     events.journal, byte for byte the host's; a checkpoint; earlier pasts of it
 *   journals.before                what had been read of a stream that is another one now
 *   lock                           held (flock) by the process that reads into it
 */

/** A copy of the journals of all hosts. */
export class Mirror {
  /** Which file the index was read from. */
  #indexFile: string;

  /** What {@link hasChanged} compares with: as it is in the index file. */
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
   * Opens the mirror in `directory`, made when there is none. `patience` is how long it waits for another reader, in
   * ms. Throws system errors.
   */
  static open(directory: string, patience = PATIENCE_MS): Mirror {
    makeDirectory(directory, 0o700);
    return new Mirror(directory, readIndex(directory), patience);
  }

  /** Where a journal of the mirror lies. */
  directoryOf({ host, journal }: Pick<MirroredJournal, 'host' | 'journal'>): string {
    return join(this.directory, 'journals', host, journal);
  }

  get journals(): MirroredJournal[] {
    return this.index.journals;
  }

  /**
   * Reads everything that was published since, `now` is ms since the epoch. `warn` is told when the stream is not the
   * one that was read before. Rejects with `EngineAway` and system errors; what was read until then stays.
   */
  async refresh(
    engine: Engine & Pick<Bulletin, 'statesFrom' | 'streamState' | 'ask'>,
    now: number,
    warn: (message: string) => void,
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

  /** Nothing was published since, and nothing is missing. Mostly it is so. */
  private async isCurrent(engine: Pick<Bulletin, 'statesFrom' | 'streamState'>): Promise<boolean> {
    this.readIndexAgain();
    const { stream, nextState, unsettledJournals } = this.index;
    if (stream?.time === undefined || unsettledJournals.some(({ gap }) => gap !== undefined)) return false;
    const { created, last, time } = await engine.streamState();
    if (created !== stream.created || last !== stream.last || time !== stream.time) return false;
    return (await engine.statesFrom(nextState)).states.length === 0;
  }

  /** Another process may have read on since. */
  private readIndexAgain(): void {
    const file = fileVersion(join(this.directory, INDEX_FILE));
    if (file === this.#indexFile) return;
    this.index = readIndex(this.directory);
    this.#indexFile = file;
    this.#stored = positionOf(this.index);
  }

  /** When all was read that was there, ms since the epoch; 0 when nothing was read yet. */
  get readAt(): number {
    return statSync(join(this.directory, INDEX_FILE), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }

  /** The time of the file says when everything was read: if nothing is new, it is not written again. */
  private noteRead(now: number): void {
    utimesSync(join(this.directory, INDEX_FILE), now / 1000, now / 1000);
    this.#indexFile = fileVersion(join(this.directory, INDEX_FILE));
  }

  /** Something was read that is not in the index file. */
  private get hasChanged(): boolean {
    return this.#stored !== positionOf(this.index);
  }

  private storeIndex(): void {
    this.#stored = positionOf(this.index);
    writeIndex(this.directory, this.index);
    this.#indexFile = fileVersion(join(this.directory, INDEX_FILE));
  }

  private async readPieces(
    engine: Engine,
    created: string,
    touched: Set<MirroredJournal>,
    warn: (message: string) => void,
  ): Promise<void> {
    for (let restarts = 0; ;) {
      const { stream } = this.index;
      // The last piece is read once more: it must still be the one that was read.
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
    for (const { host, about, state, at } of states) this.index.hear(host, about, { at, state });
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

  /** The stream is another one now: what was read is kept beside, once, and everything is read again. */
  private startAgain(warn: (message: string) => void): void {
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

/** Which stream has been read up to where, and whether that was its end. */
function positionOf({ stream, next, nextState }: MirrorIndex): string {
  return `${stream?.created} ${stream?.time} ${next} ${nextState}`;
}

function isSame(stored: StoredPiece | undefined, { last, crc }: { last: number; crc: number }): boolean {
  return stored?.sequence === last && crc32(stored.piece.bytes) === crc;
}
