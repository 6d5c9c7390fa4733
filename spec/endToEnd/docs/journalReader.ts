import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { unpack, unpackFirst, type Value, type ValueMap } from '../../journal/file/format/messagePack';

/*
 * A reader of journals, written from docs/journal-format.md alone: it imports nothing of the program, so that it reads
 * what the page says and not what the program does. Whole files in memory, no speed: what somebody would write in an
 * afternoon.
 */

/** What a file holds. Offsets are in bytes. */
export interface ReadJournal {
  /** The events that count, in order; unknown ones are left out. */
  readonly events: JournalEvent[];
  /** Numbers of events that count and cannot be read. */
  readonly unknown: number[];
  /** Numbers of events that do not count, since their successor was built on another one. */
  readonly disputed: number[];
  /** The first number of each gap. */
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
  readonly digest: Uint8Array;
  readonly event: JournalEvent | undefined;
  /** Of its frame. */
  readonly crc: number;
  readonly start: number;
  readonly end: number;
}

const SCHEMA = 2;

/** A number that is further ahead was made up. */
const LARGEST_GAP = 2 ** 32;

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
    if (envelope.seq <= last || envelope.seq > last + 1 + LARGEST_GAP) {
      voidFrames += 1;
      continue;
    }
    if (pending && envelope.seq === last + 1 && envelope.previousCrc !== pending.crc) disputed.push(last);
    else count();
    if (envelope.seq > last + 1) missing.push(last + 1);
    const from = pending?.readTo ?? 0;
    const inOrder = from <= envelope.readTo && envelope.readTo <= envelope.start;
    const covered = file.subarray(from, envelope.readTo);
    if (!inOrder || !sha256(covered).equals(envelope.digest)) badDigests.push(envelope.seq);
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
    const envelope = payload && readEnvelope(payload, file.readUInt32LE(at + 8), at, end);
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

function readEnvelope(payload: Buffer, crc: number, start: number, end: number): Envelope | undefined {
  const fields = fieldsOf(payload);
  if (!Array.isArray(fields)) return undefined;
  const [schema, seq, previousCrc, readTo, digest, id, at, type, data] = fields;
  if (!isWhole(schema) || !isWhole(seq) || !isWhole(previousCrc) || !isWhole(readTo)) return undefined;
  if (seq === 0 || !(digest instanceof Uint8Array)) return undefined;
  const known = schema <= SCHEMA && isUlid(id) && isWhole(at) && at <= 8.64e15 && isText(type) && isMap(data);
  const picked = known ? pick(types[type], data) : undefined;
  const event = picked && known ? { seq, id, at, type, data: picked } : undefined;
  return { seq, previousCrc, readTo, digest, crc, start, end, event };
}

function fieldsOf(payload: Buffer): Value {
  try {
    return unpack(payload);
  } catch {
    try {
      return unpackFirst(payload, 5);
    } catch {
      return [];
    }
  }
}

type Check = (value: Value | undefined) => boolean;
interface Shape {
  readonly [name: string]: Check | Shape;
}

/** The table of the page: what each field of each type is. */
const absentOr =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const oneOf =
  (...words: string[]): Check =>
  (value) =>
    isText(value) && words.includes(value);
const actor: Shape = { user: absentOr(isText), key: absentOr(isText), command: absentOr(isText) };
const identity: Shape = {
  pid: isWhole,
  group: absentOr(isWhole),
  startTicks: absentOr(isWhole),
  bootId: absentOr(isText),
};
const revision = absentOr(isText);
const adopted = absentOr((value) => value === true);
const types: Readonly<Record<string, Shape>> = {
  BuildStarted: {
    build: isId,
    kind: oneOf('build', 'deploy'),
    source: isText,
    process: identity,
    startedAt: isTime,
    actor,
    revision,
    adopted,
  },
  BuildFinished: {
    build: isId,
    status: oneOf('succeeded', 'failed'),
    exitCode: Number.isSafeInteger,
    cause: oneOf('exit', 'abandoned', 'deployed'),
    finishedAt: isTime,
    revision,
    adopted,
  },
  BuildCanceled: { build: isId, actor, signal: absentOr(isText), finishedAt: isTime, revision, adopted },
  Pruned: {
    builds: (value) => Array.isArray(value) && value.every(isId),
    reason: oneOf('retention', 'discarded'),
  },
};

/** The fields of `map` that `shape` names; undefined if one is not what it must be. */
function pick(shape: Shape | undefined, map: ValueMap): ValueMap | undefined {
  if (shape === undefined) return undefined;
  const picked: Record<string, Value> = {};
  for (const [name, check] of Object.entries(shape)) {
    const value = map[name];
    if (typeof check === 'function') {
      if (!check(value)) return undefined;
      if (value !== undefined) picked[name] = value;
    } else {
      const inner = isMap(value) ? pick(check, value) : undefined;
      if (inner === undefined) return undefined;
      picked[name] = inner;
    }
  }
  return picked;
}

function isText(value: Value | undefined): value is string {
  return typeof value === 'string';
}

function isUlid(value: Value | undefined): value is string {
  return isText(value) && /^[0-9A-HJKMNP-TV-Z]{26}$/i.test(value);
}

function isId(value: Value | undefined): boolean {
  return isText(value) && value.length <= 128 && /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(value);
}

/** RFC 3339, of a day that there is. */
function isTime(value: Value | undefined): boolean {
  const match = isText(value) ? /^(\d{4}-\d\d-\d\d)T(?!24)\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.exec(value) : null;
  if (match === null || Number.isNaN(Date.parse(match[0].toUpperCase()))) return false;
  return new Date(`${match[1] ?? ''}T00:00:00Z`).toISOString().startsWith(match[1] ?? '');
}

function isWhole(value: Value | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
