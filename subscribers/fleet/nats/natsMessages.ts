import type { Msg, MsgHdrs } from '@nats-io/transport-node';

import type { StoredState } from '../bulletin';
import type { JournalName, StoredPiece } from '../engine';
import { NO_FRAME, parsePiece, type Piece, ULID } from '../piece';

/*
 * NATS JetStream. Two streams: JOURNALS keeps every piece for ever, STATES the last state of each subject. Everything
 * is read by direct get: the last piece by its subject, all pieces in batches. So readers need no consumer, and no
 * right to make one.
 *
 *   dkb.<host>.j.<journal>     pieces, JOURNALS
 *   dkb.<host>.now.<journal>   the state of a journal, STATES
 *   dkb.<host>.now.host        the state of a host, STATES
 *   dkb.ask                    questions to every host, not stored
 *
 * Publishing, reading and asking are plain requests. Only the command that makes the streams loads @nats-io/jetstream.
 */

export const JOURNALS = 'DKB_JOURNALS';
export const STATES = 'DKB_STATES';
export const ASK = 'dkb.ask';
/** Asks every server about its JetStream; the configuration of `fleet:server-config` allows it. */
export const SERVERS = 'dkb.servers';

/** The header of a message that describes its piece. */
export const PIECE_HEADER = 'Dkb-Piece';
/** A piece that no journal holds: none is that long. */
export const UNREADABLE: Piece = {
  branch: 0,
  from: Number.MAX_SAFE_INTEGER,
  bytes: new Uint8Array(0),
  frame: NO_FRAME,
  upTo: 0,
};

export function subjectOf({ host, journal }: JournalName): string {
  return `dkb.${host}.j.${journal}`;
}

export function header(headers: MsgHdrs | undefined, name: string): string {
  return headers?.get(name) ?? '';
}

export function sequenceOf({ headers }: Msg): number {
  return Number(header(headers, 'Nats-Sequence'));
}

/** The parts of the subject of a message that came by direct get: it is in a header. */
function partsOf({ headers }: Msg): string[] {
  return header(headers, 'Nats-Subject').split('.');
}

export function storedPiece(message: Msg): StoredPiece | undefined {
  const [, host = '', , journal = ''] = partsOf(message);
  const piece = parsePiece(header(message.headers, PIECE_HEADER), message.data);
  if (piece === undefined || !ULID.test(host) || !ULID.test(journal)) return undefined;
  return { of: { host, journal }, piece, sequence: sequenceOf(message) };
}

export function storedState(message: Msg): StoredState | undefined {
  const [, host = '', , about = ''] = partsOf(message);
  if (!ULID.test(host) || (about !== 'host' && !ULID.test(about))) return undefined;
  const at = Date.parse(header(message.headers, 'Nats-Time-Stamp'));
  return { host, about, state: parseJson(message.data), sequence: sequenceOf(message), at: Number.isNaN(at) ? 0 : at };
}

export function isStatus({ headers, data }: Msg): boolean {
  return data.length === 0 && (headers?.code ?? 0) !== 0; // 503: nobody is there to answer
}

export function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString()) as unknown;
  } catch {
    return undefined;
  }
}
