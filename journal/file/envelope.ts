import { asBuildId } from '../../host/dokku/names';
import { decodeMessagePack, encodeMessagePack } from './messagePack';
import { type BuildEvent, type Recorded, SCHEMA_VERSION } from '../events';

/** What binds an event to its place in the journal. */
export interface Link {
  /** CRC-32 of the frame of the event before it; 0 for the first. Replay checks it. */
  readonly previousCrc: number;
  /** Up to which byte of the file the writer had read when it wrote. */
  readonly readTo: number;
  /** SHA-256 over the bytes from the `readTo` of the event before it up to its own; verification checks it. */
  readonly digest: Uint8Array;
}

/** A frame's payload, decoded. */
export interface Envelope {
  readonly seq: number;
  readonly link: Link;
  /** Absent when the event was written by a newer program, in a schema or of a type that this one does not know. */
  readonly recorded?: Recorded;
}

/*
 * The payload is an array: schema, seq, previousCrc, readTo, digest, id, at, type, and a map of the event's other fields.
 * Whatever schema comes later keeps the first five in their places, so that a reader can follow a chain it cannot read.
 */

/** The payload of a frame. */
export function encodeEnvelope(recorded: Recorded, link: Link): Uint8Array {
  const { type, ...data } = recorded.event;
  const { previousCrc, readTo, digest } = link;
  return encodeMessagePack([
    SCHEMA_VERSION,
    recorded.seq,
    previousCrc,
    readTo,
    digest,
    recorded.id,
    recorded.at,
    type,
    data,
  ]);
}

/** What `payload` says, its event brought to the schema of now; undefined when it is no envelope at all. */
export function decodeEnvelope(payload: Uint8Array): Envelope | undefined {
  let fields: unknown;
  try {
    fields = decodeMessagePack(payload);
  } catch {
    return undefined;
  }
  if (!Array.isArray(fields)) return undefined;
  const [schema, seq, previousCrc, readTo, digest] = fields as unknown[];
  if (!isWhole(schema) || !isWhole(seq) || !isWhole(previousCrc) || !isWhole(readTo)) return undefined;
  if (seq < 1 || !(digest instanceof Uint8Array)) return undefined;
  const recorded = decodeRecorded(schema, seq, fields);
  const link = { previousCrc, readTo, digest };
  return recorded === undefined ? { seq, link } : { seq, link, recorded };
}

/** Old schemas are read for ever: one more branch here for each version there was. */
function decodeRecorded(schema: number, seq: number, fields: readonly unknown[]): Recorded | undefined {
  const [, , , , , id, at, type, data] = fields;
  if (schema > SCHEMA_VERSION || typeof id !== 'string' || !isWhole(at)) return undefined;
  if (typeof data !== 'object' || data === null) return undefined;
  const event = Object.assign(data, { type }); // decoded just now, nobody else's: a copy would take half as long as decoding
  return isBuildEvent(event) ? { seq, id, at, schema, event } : undefined;
}

/** Whether the fields that nobody can do without are there, and names can be trusted as names. */
function isBuildEvent(data: object): data is BuildEvent {
  const event = data as Partial<Record<string, unknown>>;
  switch (event['type']) {
    case 'BuildStarted': {
      const process = event['process'] as { pid?: unknown } | undefined;
      return isId(event['build']) && typeof event['startedAt'] === 'string' && isWhole(process?.pid ?? undefined);
    }
    case 'BuildFinished':
      return isId(event['build']) && typeof event['finishedAt'] === 'string' && Number.isInteger(event['exitCode']);
    case 'BuildCanceled':
      return isId(event['build']) && typeof event['finishedAt'] === 'string';
    case 'Pruned':
      return Array.isArray(event['builds']) && event['builds'].every(isId);
    default:
      return false;
  }
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && asBuildId(value) !== undefined;
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
