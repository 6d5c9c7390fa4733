import { fstatSync } from 'node:fs';

import type { Envelope } from './envelope';
import type { Recorded } from '../events';
import type { Frame } from './frame';
import { digestOf, type Head, type Journal, readAt, START } from './journalFile';
import { type Damaged, type Problem, readJournal, type Sink } from './readJournal';
import { sha256 } from './sha256';

/** Something that is not as it was written. `offset` is in bytes; `seq` is the event that it is about, where there is one. */
export interface Deviation {
  readonly kind: 'damage' | 'gap' | 'disputed' | 'chain' | 'stray' | 'checkpoint' | 'record' | 'running' | 'report';
  readonly offset?: number;
  readonly seq?: number;
  readonly meaning: string;
  /** So it looks, too, while somebody writes: it counts once nobody does. */
  readonly mayPass?: true;
}

/** What verification found in a journal. */
export interface Verified {
  readonly events: number;
  /** Frames that lost their race. */
  readonly voidFrames: number;
  /** Bytes of writes that were cut off; the events around them are linked to each other, so nothing is missing. */
  readonly tornBytes: number;
  /** Events of a newer version of this program: their place in the chain was checked, what they say was not read. */
  readonly unknownEvents: number;
  readonly bytes: number;
  readonly head: Head;
  /**
   * SHA-256, hex, of the last event and through its link of everything before it; undefined without events, and where the last one
   * is not linked to what stands before it.
   */
  readonly headDigest: string | undefined;
  /** Number of the event whose head digest was asked for; undefined when no event of this history has it. */
  readonly pinned: number | undefined;
  readonly deviations: readonly Deviation[];
}

/**
 * Reads the whole journal, checks every checksum, number and digest, and hands each event that counts to `onEvent` with the head
 * behind it. `pin` is a head digest (hex) to look for; `beside` watches every frame and problem, too. Memory does not grow with the
 * file. Throws `JournalNotReadable`.
 */
export function verifyJournal(
  journal: Journal,
  onEvent: (recorded: Recorded) => void,
  pin?: string,
  beside?: Required<Omit<Sink, 'event'>>,
): Verified {
  const deviations: Deviation[] = [];
  const ahead = new ReadAhead(journal);
  const chain = new Chain(ahead, deviations);
  const counts = { events: 0, voidFrames: 0, tornBytes: 0, unknownEvents: 0 };
  const torn: Damaged[] = [];
  let pinned: number | undefined;
  const bytes = fstatSync(journal.fd).size;
  const { head } = readJournal(journal, START, {
    event(recorded) {
      counts.events += 1;
      onEvent(recorded);
    },
    problem(problem) {
      beside?.problem(problem);
      if (problem.type === 'unknown') counts.unknownEvents += 1;
      else if (problem.type === 'damage' && problem.torn) torn.push(problem);
      else deviations.push(deviationOf(problem));
    },
    frame(envelope, frame, counting) {
      beside?.frame(envelope, frame, counting);
      if (!counting) {
        if (chain.lostARace(envelope, frame)) counts.voidFrames += 1;
        return;
      }
      chain.check(envelope, frame);
      if (pin !== undefined && chain.headDigest() === pin) pinned = envelope.seq;
    },
  });
  for (const problem of torn) {
    if (problem.end <= chain.coveredTo) counts.tornBytes += problem.end - problem.start;
    else deviations.push(deviationOf(problem)); // no event has linked over it yet
  }
  const headDigest = head.seq === 0 ? undefined : chain.headDigest();
  const ordered = deviations.sort((a, b) => (a.offset ?? 0) - (b.offset ?? 0));
  return { ...counts, bytes, head, headDigest, pinned, deviations: ordered };
}

/** The links of the events that count, checked one after the other. */
class Chain {
  /** Up to here the file is covered by digests: where the last event's writer had read to, wherever that is by now. */
  coveredTo = 0;
  /** Offset behind the last event that counts. */
  private end = 0;
  /** The last event's digest is that of what stands before it. */
  private linked = true;
  private readTo = 0;
  private start = 0;
  /** How far the file has moved under the offsets that the events name, after bytes were removed or inserted. */
  private shift = 0;
  /** What the last events were built on, by number, and who raced for that number; who lost was built on the same. */
  private readonly recent = new Map<number, { previousCrc: number; racers: Set<string> }>();

  constructor(
    private readonly ahead: ReadAhead,
    private readonly deviations: Deviation[],
  ) {}

  check({ seq, link, recorded }: Envelope, frame: Frame): void {
    const shift = this.shiftThatFits(link.readTo, link.digest, frame);
    if (shift === undefined) {
      this.deviations.push({
        kind: 'chain',
        offset: frame.start,
        seq,
        meaning: `event ${seq} is not linked to what stands before it: bytes before ${frame.start} were changed, removed, inserted or moved`,
      });
    }
    this.linked = shift !== undefined;
    this.shift = shift ?? frame.start - link.readTo;
    this.readTo = link.readTo;
    this.coveredTo = link.readTo + this.shift;
    this.start = frame.start;
    this.end = frame.end;
    this.recent.set(seq, { previousCrc: link.previousCrc, racers: new Set([racerOf(recorded, frame)]) });
    this.recent.delete(seq - RECENT);
  }

  /** The head digest, hex, behind the last event; undefined where that vouches for nothing that stands before it. */
  headDigest(): string | undefined {
    return this.linked ? hex(this.ahead.digestOf(this.coveredTo, this.end)) : undefined;
  }

  /** Whether a frame that does not count lost a race, as it may; anything else is a deviation. */
  lostARace({ seq, link, recorded }: Envelope, frame: Frame): boolean {
    const race = this.recent.get(seq);
    const racer = racerOf(recorded, frame);
    if (race?.previousCrc === link.previousCrc && !race.racers.has(racer)) {
      race.racers.add(racer);
      return true;
    }
    const meaning = `an event ${seq} stands where it cannot have been written: it was copied, moved or inserted; it does not count`;
    this.deviations.push({ kind: 'stray', offset: frame.start, seq, meaning });
    return false;
  }

  /** The digest says what stood from where the last event's writer had read to up to where this one's had. */
  private shiftThatFits(readTo: number, digest: Uint8Array, frame: Frame): number | undefined {
    for (const shift of new Set([this.shift, this.start - this.readTo])) {
      const [from, to] = [this.readTo + shift, readTo + shift];
      if (from < 0 || to < from || to > frame.start) continue;
      if (Buffer.compare(this.ahead.digestOf(from, to), digest) === 0) return shift;
    }
    return undefined;
  }
}

/** Digests of short ranges that lie side by side, without a read for each. What is in a journal does not change. */
class ReadAhead {
  private readonly buffer = Buffer.allocUnsafe(64 * 1024);
  private filled = { from: 0, to: 0 };

  constructor(private readonly journal: Journal) {}

  digestOf(from: number, to: number): Uint8Array {
    if (from < this.filled.from || to > this.filled.to) {
      this.filled = { from, to: from + readAt(this.journal, this.buffer, 0, from) };
      if (to > this.filled.to) return digestOf(this.journal, from, to);
    }
    return sha256(to - from, [this.buffer.subarray(from - this.filled.from, to - this.filled.from)]);
  }
}

/** What a frame and its copies have in common; of an event of a newer program only its bytes are known. */
function racerOf(recorded: Recorded | undefined, { crc }: Frame): string {
  return recorded?.id ?? String(crc);
}

const RECENT = 4096;

function deviationOf(problem: Exclude<Problem, { type: 'unknown' }>): Deviation {
  switch (problem.type) {
    case 'damage':
      return {
        kind: 'damage',
        offset: problem.start,
        meaning: meaningOf(problem),
        ...(problem.tail && { mayPass: true }),
      };
    case 'gap': {
      const missing =
        problem.from === problem.to ? `event ${problem.from} is` : `events ${problem.from} to ${problem.to} are`;
      return {
        kind: 'gap',
        offset: problem.start,
        seq: problem.from,
        meaning: `${missing} missing before byte ${problem.start}`,
      };
    }
    case 'disputed':
      return {
        kind: 'disputed',
        offset: problem.start,
        seq: problem.seq,
        meaning: `event ${problem.seq} is not the one that event ${problem.seq + 1} was built on: it was edited; it is not shown`,
      };
  }
}

function meaningOf({ start, end, tail, torn }: Damaged): string {
  if (tail) return `the last ${end - start} bytes are no event: a write was cut off, or the file was cut or damaged`;
  if (torn)
    return `bytes ${start} to ${end} are the beginning of an event: a write was cut off, or the file was damaged; a cut-off write is no deviation once another event covers them`;
  return `bytes ${start} to ${end} are no intact event: they were damaged after they were written`;
}

function hex(digest: Uint8Array): string {
  return Buffer.from(digest).toString('hex');
}
