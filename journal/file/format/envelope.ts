import { type BuildEvent, type Recorded, SCHEMA_VERSION } from '../../events';
import { decode, decodeFirst, encode } from './codec';
import { parseEvent, UnknownEvent } from './parseEvent';

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
  /** The event, or why this program cannot understand it. Its number and its place in the chain count all the same. */
  readonly recorded: Recorded | UnknownEvent;
}

/*
 * The payload is an array: schema, seq, previousCrc, readTo, digest, id, at, type, and a map of the event's other
 * fields. Every later schema keeps the first five in their places, so that a reader can follow the chain over events
 * that it cannot read.
 */
const LINK_FIELDS = 5;

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/i;

/** The last time that JavaScript has, ms since the epoch. */
const LAST_TIME = 8.64e15;

/** The payload of a frame. */
export function encodeEnvelope(recorded: Recorded, { previousCrc, readTo, digest }: Link): Uint8Array {
  const { schema, seq, id, at } = recorded;
  const { type, ...data } = recorded.event;
  return encode([schema, seq, previousCrc, readTo, digest, id, at, type, data]);
}

/** What `payload` says; undefined if it is not an envelope at all. The digest is a view into it. */
export function decodeEnvelope(payload: Uint8Array): Envelope | undefined {
  const [fields, unreadable] = decodeFields(payload);
  const [schema, seq, previousCrc, readTo, digest] = fields;
  if (!isWhole(schema) || !isWhole(seq) || !isWhole(previousCrc) || !isWhole(readTo)) return undefined;
  if (seq < 1 || !(digest instanceof Uint8Array)) return undefined;
  return { seq, link: { previousCrc, readTo, digest }, recorded: unreadable ?? parseRecorded(schema, seq, fields) };
}

/** The elements of the payload's array. If not all of them can be read: those of the link, and why. */
function decodeFields(payload: Uint8Array): [fields: readonly unknown[], unreadable?: UnknownEvent] {
  try {
    const fields = decode(payload);
    return [Array.isArray(fields) ? fields : []];
  } catch {
    try {
      return [decodeFirst(payload, LINK_FIELDS), new UnknownEvent('its payload is not the MessagePack of a journal')];
    } catch {
      return [[]];
    }
  }
}

/** Old schemas are read for ever. An event of an older schema is converted here to the schema that is written now. */
function parseRecorded(schema: number, seq: number, fields: readonly unknown[]): Recorded | UnknownEvent {
  const [, , , , , id, at, type, data] = fields;
  if (schema > SCHEMA_VERSION) return new UnknownEvent(`it has schema ${schema}, of a newer version`);
  if (typeof id !== 'string' || !ULID.test(id)) return new UnknownEvent('its id is not a ULID');
  if (!isWhole(at) || at > LAST_TIME) return new UnknownEvent('its time is out of range');
  const event: BuildEvent | UnknownEvent = parseEvent(type, data);
  return event instanceof UnknownEvent ? event : { seq, id, at, schema, event };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
