import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { unpack, type Value, type ValueMap } from './messagePack';

/*
 * A reader of journals, written from docs/journal-format.md alone: it imports nothing of the program, so that it reads what the page
 * says and not what the program does. Whole files in memory, no speed: what somebody would write in an afternoon.
 */

/** What a file holds. Offsets are in bytes. */
export interface ReadJournal {
  /** The events that count, in order; unknown ones are left out. */
  readonly events: JournalEvent[];
  /** Numbers of events that count and cannot be read. */
  readonly unknown: number[];
  /** Numbers of events that do not count, since their successor was built on another one. */
  readonly disputed: number[];
  /** Numbers that are not there. */
  readonly missing: number[];
  /** Frames that lost their race, or have no business where they are. */
  readonly voidFrames: number;
  /** Bytes that are no frame. */
  readonly damaged: number;
  /** Numbers of the events whose digest is not that of the bytes before them. */
  readonly badDigests: number[];
  /** In hex; undefined without events. */
  readonly headDigest: string | undefined;
}

export interface JournalEvent {
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly type: string;
  readonly data: ValueMap;
}

interface Envelope {
  readonly seq: number;
  readonly previousCrc: number;
  readonly readTo: number;
  readonly digest: Buffer;
  readonly event: JournalEvent | undefined;
  /** Of its frame. */
  readonly crc: number;
  readonly end: number;
}

const SCHEMA = 1;

/** Reads the journal that consists of `file`. */
export function readJournal(file: Buffer): ReadJournal {
  const { envelopes, damaged } = findFrames(file);
  const events: JournalEvent[] = [];
  const unknown: number[] = [];
  const disputed: number[] = [];
  const missing: number[] = [];
  const badDigests: number[] = [];
  let voidFrames = 0;
  let pending: Envelope | undefined;
  const count = (): void => {
    if (pending?.event) events.push(pending.event);
    else if (pending) unknown.push(pending.seq);
  };
  for (const envelope of envelopes) {
    const last = pending?.seq ?? 0;
    if (envelope.seq <= last) {
      voidFrames += 1;
      continue;
    }
    if (pending && envelope.seq === last + 1 && envelope.previousCrc !== pending.crc) disputed.push(last);
    else count();
    for (let seq = last + 1; seq < envelope.seq; seq += 1) missing.push(seq);
    const covered = file.subarray(pending?.readTo ?? 0, envelope.readTo);
    if (!sha256(covered).equals(envelope.digest)) badDigests.push(envelope.seq);
    pending = envelope;
  }
  count();
  const headDigest = pending && sha256(file.subarray(pending.readTo, pending.end)).toString('hex');
  return { events, unknown, disputed, missing, voidFrames, damaged, badDigests, headDigest };
}

const MAGIC = Buffer.from('c1646231', 'hex');
const HEADER = 12;
const LONGEST = 65536;

function findFrames(file: Buffer): { envelopes: Envelope[]; damaged: number } {
  const envelopes: Envelope[] = [];
  let damaged = 0;
  for (let at = 0; at < file.length;) {
    const payload = payloadAt(file, at);
    const end = at + HEADER + (payload?.length ?? 0);
    const envelope = payload && readEnvelope(payload, file.readUInt32LE(at + 8), end);
    if (envelope) envelopes.push(envelope);
    else damaged += payload ? end - at : 1;
    at = payload ? end : at + 1;
  }
  return { envelopes, damaged };
}

/** The payload of the intact frame that begins at `at`. */
function payloadAt(file: Buffer, at: number): Buffer | undefined {
  if (at + HEADER > file.length || !file.subarray(at, at + MAGIC.length).equals(MAGIC)) return undefined;
  const length = file.readUInt32LE(at + 4);
  if (length < 1 || length > LONGEST || at + HEADER + length > file.length) return undefined;
  const payload = file.subarray(at + HEADER, at + HEADER + length);
  return crc32(payload) === file.readUInt32LE(at + 8) ? payload : undefined;
}

function readEnvelope(payload: Buffer, crc: number, end: number): Envelope | undefined {
  let fields: Value;
  try {
    fields = unpack(payload);
  } catch {
    return undefined;
  }
  if (!Array.isArray(fields)) return undefined;
  const [schema, seq, previousCrc, readTo, digest, id, at, type, data] = fields;
  if (!isWhole(schema) || !isWhole(seq) || !isWhole(previousCrc) || !isWhole(readTo)) return undefined;
  if (seq === 0 || !Buffer.isBuffer(digest)) return undefined;
  const known = schema <= SCHEMA && typeof id === 'string' && isWhole(at) && typeof type === 'string' && isMap(data);
  const event = known && needed[type]?.(data) ? { seq, id, at, type, data } : undefined;
  return { seq, previousCrc, readTo, digest, crc, end, event };
}

/** What no event of each type can do without. */
const needed: Readonly<Record<string, (data: ValueMap) => boolean>> = {
  BuildStarted: (data) =>
    isId(data['build']) &&
    typeof data['startedAt'] === 'string' &&
    isMap(data['process']) &&
    isWhole(data['process']['pid']),
  BuildFinished: (data) =>
    isId(data['build']) && typeof data['finishedAt'] === 'string' && Number.isInteger(data['exitCode']),
  BuildCanceled: (data) => isId(data['build']) && typeof data['finishedAt'] === 'string',
  Pruned: (data) => Array.isArray(data['builds']) && data['builds'].every(isId),
};

function isId(value: Value | undefined): boolean {
  return typeof value === 'string' && value.length <= 128 && /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(value);
}

function isWhole(value: Value | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === 'object' && !Array.isArray(value) && !Buffer.isBuffer(value);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
