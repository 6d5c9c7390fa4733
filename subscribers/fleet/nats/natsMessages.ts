import type { Msg, MsgHdrs } from '@nats-io/transport-node';

import type { StoredState } from '../bulletin';
import type { JournalName, StoredPiece } from '../engine';
import { NO_FRAME, parsePiece, type Piece, ULID } from '../piece';

/*
 * NATS JetStream. Two streams: JOURNALS keeps every piece for ever, STATES the last state of each subject. Everything
 * is read by direct get (by subject for the last piece, in batches by bytes for all): a reader needs no consumer, so
 * nobody has to have the right to make one.
 *
 *   dkb.<host>.j.<journal>     pieces, JOURNALS
 *   dkb.<host>.now.<journal>   what a journal is the history of, STATES
 *   dkb.<host>.now.host        what a host says of itself, STATES
 *   dkb.ask                    questions to every host, stored nowhere
 *
 * To publish, to get and to ask are requests, which need no more than the connection: @nats-io/jetstream is loaded by
 * who makes the streams.
 */

export const JOURNALS = 'DKB_JOURNALS';
export const STATES = 'DKB_STATES';
export const ASK = 'dkb.ask';
/** What every server says of its JetStream; the configuration that `fleet:server-config` prints offers it. */
export const SERVERS = 'dkb.servers';

/** The header of a message that describes its piece. */
export const PIECE_HEADER = 'Dkb-Piece';
/** Of no journal: none is that long. */
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

/** What direct get gives says in headers which message it is. */
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
