import { fstatSync } from 'node:fs';

import type { Recorded } from '../events';
import { type Deviation, deviationOf, notLinked, stray } from './deviations';
import { DigestChain } from './digestChain';
import { type Head, type Journal, START } from './journalFile';
import { type Problem, readJournal, type Sink } from './readJournal';

export type { Deviation } from './deviations';

/** What verification found in a journal. */
export interface Verified {
  readonly events: number;
  /** Frames that lost their race. */
  readonly voidFrames: number;
  /**
   * Bytes of writes that were cut off, with the whole frames of old blocks of the disk among them; the events around
   * them are linked to each other, so nothing is missing.
   */
  readonly tornBytes: number;
  /** Events that say nothing to this program. Their place in the chain was checked. */
  readonly unknownEvents: number;
  /** The first of them. */
  readonly unknown: readonly Unknown[];
  readonly bytes: number;
  readonly head: Head;
  /**
   * SHA-256, hex, of the last event and through its link of everything before it; undefined without events, and if the
   * last one is not linked to the event before it.
   */
  readonly headDigest: string | undefined;
  /** Number of the event whose head digest was asked for; undefined if no event of this history has it. */
  readonly pinned: number | undefined;
  readonly deviations: readonly Deviation[];
}

/** An event that is not understood; `reason` says why. */
export type Unknown = Problem & { readonly type: 'unknown' };

/** So many unknown events are named. */
const NAMED_UNKNOWN = 10;

/**
 * Reads the whole journal, checks every CRC, number and digest, and hands each event that counts to `onEvent`. `pin`
 * is a head digest (hex) to look for; `observer` gets every frame and problem, too. Memory does not grow with the
 * file. Throws `JournalNotReadable`.
 */
export function verifyJournal(
  journal: Journal,
  onEvent: (recorded: Recorded) => void,
  pin?: string,
  observer?: Required<Omit<Sink, 'event'>>,
): Verified {
  const chain = new DigestChain(journal);
  const deviations: Deviation[] = [];
  const unknown: Unknown[] = [];
  const counts = { events: 0, voidFrames: 0, tornBytes: 0, unknownEvents: 0 };
  let uncovered: Uncovered[] = [];
  let intact = { from: 0, to: 0 }; // bytes that digests cover without a gap, all of them right
  let pinned: number | undefined;
  const bytes = fstatSync(journal.fd).size;
  const { head } = readJournal(journal, START, {
    event(recorded) {
      counts.events += 1;
      onEvent(recorded);
    },
    problem(problem) {
      observer?.problem(problem);
      if (problem.type === 'unknown') {
        counts.unknownEvents += 1;
        if (unknown.length < NAMED_UNKNOWN) unknown.push(problem);
      } else if (problem.type === 'damage' && problem.cutOff && !problem.tail) {
        const { start, end } = problem;
        const [deviation, until] = [deviationOf({ ...problem, cutOff: false }), deviationOf(problem)];
        uncovered.push({ start, end, isDamage: true, deviation, until });
      } else {
        deviations.push(deviationOf(problem));
      }
    },
    frame(envelope, frame, counting) {
      observer?.frame(envelope, frame, counting);
      const { seq } = envelope;
      if (!counting) {
        if (chain.lostARace(envelope, frame)) counts.voidFrames += 1;
        else {
          const { start, end } = frame;
          const deviation = stray(seq, start);
          uncovered.push({ start, end, isDamage: false, deviation, until: deviation });
        }
        return;
      }
      const covered = chain.add(envelope, frame);
      if (!covered.intact) deviations.push(notLinked(seq, frame.start));
      const from = covered.from === intact.to ? intact.from : covered.from;
      intact = { from: covered.intact ? from : covered.to, to: covered.to };
      for (const group of adjoining(uncovered.filter(({ end }) => end <= covered.to))) {
        const isTorn = group.some(({ isDamage }) => isDamage);
        for (const { start, end, deviation } of group) {
          if (isTorn && start >= intact.from) counts.tornBytes += end - start;
          else deviations.push(deviation);
        }
      }
      uncovered = uncovered.filter(({ end }) => end > covered.to);
      if (pin !== undefined && chain.headDigest() === pin) pinned = seq;
    },
  });
  deviations.push(...uncovered.map(({ until }) => until));
  const headDigest = head.seq === 0 ? undefined : chain.headDigest();
  deviations.sort((a, b) => (a.offset ?? 0) - (b.offset ?? 0));
  return { ...counts, unknown, bytes, head, headDigest, pinned, deviations };
}

/** Bytes that hold no event that counts, and that no digest covers yet. */
interface Uncovered {
  readonly start: number;
  readonly end: number;
  /** If not, they are a whole frame. */
  readonly isDamage: boolean;
  /** What they are, unless a write was cut off there; and what is said of them until a digest covers them. */
  readonly deviation: Deviation;
  readonly until: Deviation;
}

/**
 * Groups of pieces without a byte between them. After a power cut, an old block of the disk can stand where a write
 * was cut off. Such a block can hold whole frames between parts of frames.
 */
function adjoining(pieces: readonly Uncovered[]): Uncovered[][] {
  const groups: Uncovered[][] = [];
  for (const piece of pieces.toSorted((a, b) => a.start - b.start)) {
    const group = groups.at(-1);
    if (group?.at(-1)?.end === piece.start) group.push(piece);
    else groups.push([piece]);
  }
  return groups;
}
