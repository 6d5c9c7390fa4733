import type { Envelope } from './format/envelope';
import type { Frame } from './findFrames';
import { sha256Of } from './format/checksums';
import { digestOf, type Journal, readAt } from './journalFile';

/** Bytes `from` up to `to` of the file. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Number of events whose races are remembered: a writer that loses a race is at most that far behind. */
const RECENT_EVENTS = 4096;

/** The digests of the events that count, checked one after the other. Offsets are bytes from the start of the file. */
export class DigestChain {
  /** What the last event's digest covers: up to where its writer had read, wherever that is by now. */
  #covered: Range = { from: 0, to: 0 };
  /** The last event's digest matches the bytes before it. */
  #isLinked = true;
  /** Offset behind the last event that counts. */
  #end = 0;
  #readTo = 0;
  #start = 0;
  /** How far the file has moved under the offsets that the events name, after bytes were removed or inserted. */
  #shift = 0;
  /**
   * What each of the last events was built on, by number, and who raced for that number: the losers were built on the
   * same.
   */
  readonly #races = new Map<number, { previousCrc: number; racers: Set<string> }>();
  readonly #journal: ReadAhead;

  constructor(journal: Journal) {
    this.#journal = new ReadAhead(journal);
  }

  /** Takes the next event that counts. Returns the bytes that its digest covers, and whether they are `intact`. */
  add({ seq, link, recorded }: Envelope, frame: Frame): Range & { intact: boolean } {
    const shift = this.#shiftThatFits(link.readTo, link.digest, frame);
    this.#isLinked = shift !== undefined;
    this.#shift = shift ?? frame.start - link.readTo;
    this.#covered = { from: this.#readTo + this.#shift, to: link.readTo + this.#shift };
    this.#readTo = link.readTo;
    this.#start = frame.start;
    this.#end = frame.end;
    this.#races.set(seq, { previousCrc: link.previousCrc, racers: new Set([racerOf(recorded, frame)]) });
    this.#races.delete(seq - RECENT_EVENTS);
    return { ...this.#covered, intact: this.#isLinked };
  }

  /**
   * The head digest, hex, behind the last event; undefined if the last event is not linked to the event before it.
   */
  headDigest(): string | undefined {
    return this.#isLinked ? this.#journal.digestOf(this.#covered.to, this.#end).toString('hex') : undefined;
  }

  /** Whether a frame that does not count lost a race. Any other one was copied, moved or inserted. */
  lostARace({ seq, link, recorded }: Envelope, frame: Frame): boolean {
    const race = this.#races.get(seq);
    const racer = racerOf(recorded, frame);
    if (race?.previousCrc !== link.previousCrc || race.racers.has(racer)) return false;
    race.racers.add(racer);
    return true;
  }

  /** A digest covers the bytes from where the last event's writer had read to, up to where this one's had. */
  #shiftThatFits(readTo: number, digest: Uint8Array, frame: Frame): number | undefined {
    for (const shift of new Set([this.#shift, this.#start - this.#readTo])) {
      const [from, to] = [this.#readTo + shift, readTo + shift];
      if (from < 0 || to < from || to > frame.start) continue;
      if (this.#journal.digestOf(from, to).equals(digest)) return shift;
    }
    return undefined;
  }
}

/** What a frame and its copies have in common. Of an event that is not understood only the bytes are known. */
function racerOf(recorded: Envelope['recorded'], { crc }: Frame): string {
  return recorded instanceof Error ? String(crc) : recorded.id;
}

/** Digests of short ranges that lie side by side, without a read for each. What is in a journal does not change. */
class ReadAhead {
  readonly #journal: Journal;
  readonly #buffer = Buffer.allocUnsafe(64 * 1024);
  #filled = { from: 0, to: 0 };

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  digestOf(from: number, to: number): Buffer {
    if (from < this.#filled.from || to > this.#filled.to) {
      this.#filled = { from, to: from + readAt(this.#journal, this.#buffer, 0, from) };
      if (to > this.#filled.to) return digestOf(this.#journal, from, to);
    }
    const bytes = this.#buffer.subarray(from - this.#filled.from, to - this.#filled.from);
    return sha256Of(bytes);
  }
}
