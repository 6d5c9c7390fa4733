import type { Recorded } from '../events';
import { decodeEnvelope, type Envelope } from './format/envelope';
import { type Damage, type Frame, joinDamage, looksCutOff } from './findFrames';
import type { Head } from './journalFile';

/** Bytes that are no event. */
export interface Damaged {
  readonly type: 'damage';
  readonly start: number;
  readonly end: number;
  /** They are the end of the file: they may belong to a write in progress. */
  readonly tail: boolean;
  /**
   * No event is missing here: a write was cut off, and never acknowledged. At the end of the file, this is only
   * likely.
   */
  readonly cutOff: boolean;
}

/** Something in the file that is not as it was written, or not understood. Offsets in bytes. */
export type Problem =
  | Damaged
  /** Events `from` to `to` are not there. */
  | { readonly type: 'gap'; readonly from: number; readonly to: number; readonly start: number }
  /**
   * The event after it was built on another one: this one was edited, or lost a race against one that is damaged now.
   */
  | { readonly type: 'disputed'; readonly seq: number; readonly start: number }
  /** Intact, but of a newer program, or not a valid event of its type: `reason` says why. */
  | { readonly type: 'unknown'; readonly seq: number; readonly start: number; readonly reason: string };

/** What a reader finds in a journal, in file order. */
export type Finding =
  /** An event that counts. */
  | { readonly type: 'event'; readonly recorded: Recorded }
  /**
   * An intact frame as it is met, whether it is an event's or `counts` for nothing: it lost a race, or was put there.
   * For verification.
   */
  | { readonly type: 'frame'; readonly envelope: Envelope; readonly frame: Frame; readonly counts: boolean }
  | Problem;

/** How far a reader has come. */
export interface Reader {
  /** Behind the last frame; `seq` and the rest are those of the last event. */
  readonly head: Head;
  /**
   * The last event, until it is known to count: its successor may have been built on another one. Undefined at the
   * head that was given.
   */
  readonly last: Envelope['recorded'] | undefined;
  /** The damage since the last event. */
  readonly damage: DamageList | undefined;
  /** The first event behind the given head was not built on it: that head is not one of this file. */
  readonly diverged: boolean;
}

/** Pieces of damage, the latest first: however many there are, one more takes the same short time. */
interface DamageList {
  readonly latest: Damage;
  readonly earlier: DamageList | undefined;
  readonly length: number;
}

/** So many pieces are kept apart. All that follow, up to the next event, count as one: a file may have millions. */
const MOST_PIECES = 1000;

/** A reader's next state, and its findings on the way there. */
export interface Step {
  readonly reader: Reader;
  readonly findings: readonly Finding[];
}

/**
 * No journal misses more events than that. A number that is further ahead was made up, and must not take the numbers
 * of later events.
 */
export const LARGEST_GAP = 2 ** 32;

/** A reader that goes on behind `head`. */
export function readerAt(head: Head): Reader {
  return { head, last: undefined, damage: undefined, diverged: false };
}

/**
 * A reader's next step: what it knows after `piece`. The rules, all local to the file: of the frames with one number
 * the first counts, the others lost their race and are void; an event whose successor names another CRC as its
 * predecessor's does not count after all. Hence each event is a finding only when the next one is known.
 */
export function readPiece(reader: Reader, piece: Frame | Damage): Step {
  if (reader.diverged) return { reader, findings: [] };
  if (piece.type === 'damage') return { reader: withDamage(reader, piece), findings: [] };
  const envelope = decodeEnvelope(piece.payload);
  return envelope === undefined ? skipFrame(reader, piece) : readEnvelope(reader, envelope, piece);
}

/** The last step, at the end of the file. */
export function finish(reader: Reader): Step {
  if (reader.diverged) return { reader, findings: [] };
  const findings = [...damageFindings(reader, looksCutOff, true), ...lastEvent(reader)];
  return { reader: { ...reader, last: undefined, damage: undefined }, findings };
}

function withDamage(reader: Reader, latest: Damage): Reader {
  const { damage, head } = reader;
  const goesOn = damage?.latest.end === latest.start && latest.start !== head.end;
  const list = goesOn ? { ...damage, latest: joinDamage(damage.latest, latest) } : withPiece(damage, latest);
  return { ...reader, damage: list };
}

function withPiece(list: DamageList | undefined, latest: Damage): DamageList {
  const { length = 0 } = list ?? {};
  if (list === undefined || length < MOST_PIECES) return { latest, earlier: list, length: length + 1 };
  return { ...list, latest: { ...list.latest, end: latest.end, zerosFrom: latest.zerosFrom } };
}

/** An intact frame whose payload is not an envelope is damage, and the next frame follows it. */
function skipFrame(reader: Reader, { start, end }: Frame): Step {
  const latest: Damage = { type: 'damage', start, end, zerosFrom: end, claimedEnd: undefined };
  const { head, damage } = reader;
  return { reader: { ...reader, head: { ...head, end }, damage: withPiece(damage, latest) }, findings: [] };
}

function readEnvelope(reader: Reader, envelope: Envelope, frame: Frame): Step {
  const { head, last } = reader;
  const { seq, link, recorded } = envelope;
  const missing = seq - head.seq - 1;
  if (missing < 0 || missing > LARGEST_GAP) {
    const findings: Finding[] = [{ type: 'frame', envelope, frame, counts: false }];
    return { reader: { ...reader, head: { ...head, end: frame.end } }, findings };
  }
  const continues = missing === 0 && link.previousCrc === head.crc;
  const disputes = missing === 0 && !continues && head.seq > 0;
  if (disputes && last === undefined) return { reader: { ...reader, diverged: true }, findings: [] };
  const findings: Finding[] = damageFindings(reader, () => continues);
  if (disputes) findings.push({ type: 'disputed', seq: head.seq, start: head.start });
  else findings.push(...lastEvent(reader));
  if (missing > 0) findings.push({ type: 'gap', from: head.seq + 1, to: seq - 1, start: frame.start });
  findings.push({ type: 'frame', envelope, frame, counts: true });
  const { start, end, crc } = frame;
  const next = { head: { seq, start, crc, readTo: link.readTo, end }, last: recorded, damage: undefined };
  return { reader: { ...next, diverged: false }, findings };
}

function lastEvent({ head, last }: Reader): Finding[] {
  if (last === undefined) return [];
  if (!(last instanceof Error)) return [{ type: 'event', recorded: last }];
  return [{ type: 'unknown', seq: head.seq, start: head.start, reason: last.message }];
}

/** Damage behind the last frame is the end of the file, if that is where the reader is. */
function damageFindings({ head, damage }: Reader, isCutOff: (damage: Damage) => boolean, atEnd = false): Finding[] {
  const findings: Finding[] = [];
  for (let list = damage; list !== undefined; list = list.earlier) {
    const { start, end } = list.latest;
    findings.push({ type: 'damage', start, end, tail: atEnd && start >= head.end, cutOff: isCutOff(list.latest) });
  }
  return findings.reverse();
}
