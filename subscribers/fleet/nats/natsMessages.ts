import type { Msg, MsgHdrs } from '@nats-io/transport-node';

import type { StoredState } from '../bulletin';
import type { JournalName, StoredPiece } from '../engine';
import { NO_FRAME, parsePiece, ULID } from '../piece';

/*
 * NATS JetStream. Two streams: JOURNALS keeps every piece for ever, STATES the last state of each subject. Everything
 * is read by direct get: the last piece by its subject, all pieces in batches. So readers need no consumer, and no
 * right to make one.
 *
 *   dkb.<host>.j.<journal>     pieces, JOURNALS
 *   dkb.<host>.now.<journal>   the state of a journal, STATES
 *   dkb.<host>.now.host        the state of a host, STATES
 *   dkb.ask                    questions to every host, not stored
 *   dkb.<host>.answer.<token>  the answer of a host; the token is the end of the subject that the question names
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
const SUBJECT_HEADER = 'Nats-Subject';

/** Where the answers of hosts are published; `of`: to the question that has this as its reply subject. */
export function answersOn(host: string, of: string): string {
  return `dkb.${host}.answer.${of.slice(of.lastIndexOf('.') + 1)}`;
}

/** Where answers come to. */
export interface AnswerPlace {
  /** The subject of the answers to the question whose reply subject is `inbox`. */
  subjectOf(inbox: string): string;
  /** The answer that a message holds; undefined if it holds none. */
  read(message: Msg): unknown;
}

/** The reply subject itself, where servers answer. */
export const REPLIES: AnswerPlace = {
  subjectOf: (inbox) => inbox,
  read: ({ data }) => (data.length > 0 ? parseJson(data) : undefined),
};

/** Where hosts answer. An answer gets the host that it is from: the server lets no other host publish there. */
export const HOST_ANSWERS: AnswerPlace = {
  subjectOf: (inbox) => answersOn('*', inbox),
  read({ subject, data }) {
    const host = /^dkb\.([^.]+)\.answer\./.exec(subject)?.[1];
    const answer = parseJson(data);
    return host === undefined || answer === undefined ? undefined : { ...answer, host };
  },
};

export function subjectOf({ host, journal }: JournalName): string {
  return `dkb.${host}.j.${journal}`;
}

/** The last value: the server appends its own behind those that the message was published with. */
export function header(headers: MsgHdrs | undefined, name: string): string {
  return headers?.last(name) ?? '';
}

export function sequenceOf({ headers }: Msg): number {
  return Number(header(headers, 'Nats-Sequence'));
}

/**
 * The host that published a message, and what the message is about; undefined if that is not certain. The message came
 * by direct get, and the server has added a header with the subject. If it was published with such a header, it may be
 * of another host: it claims another subject, or it is an answer of the server that was sent to this subject.
 */
function placeOf({ headers }: Msg): { readonly host: string; readonly about: string } | undefined {
  if (headers?.values(SUBJECT_HEADER).length !== 1) return undefined;
  const [, host = '', , about = ''] = header(headers, SUBJECT_HEADER).split('.');
  return ULID.test(host) ? { host, about } : undefined;
}

/** The piece that a message holds; undefined if it is none. */
export function storedPiece(message: Msg): StoredPiece | undefined {
  const place = placeOf(message);
  const piece = parsePiece(header(message.headers, PIECE_HEADER), message.data);
  if (place === undefined || piece === undefined || !ULID.test(place.about)) return undefined;
  return { of: { host: place.host, journal: place.about }, piece, sequence: sequenceOf(message) };
}

/**
 * What stands for a message that is not a piece: a piece that no journal holds, because none is that long. Its number
 * is greater than that of any branch before it, so that readers accept the next branch.
 */
export function unreadablePiece(of: JournalName, message: Msg): StoredPiece {
  const sequence = sequenceOf(message);
  const from = Number.MAX_SAFE_INTEGER;
  return { of, piece: { branch: sequence, from, bytes: new Uint8Array(0), frame: NO_FRAME, upTo: 0 }, sequence };
}

/** The state that a message holds; undefined if it is none. */
export function storedState(message: Msg): StoredState | undefined {
  const place = placeOf(message);
  if (place === undefined || (place.about !== 'host' && !ULID.test(place.about))) return undefined;
  const at = Date.parse(header(message.headers, 'Nats-Time-Stamp'));
  const state = parseJson(message.data);
  return { ...place, state, sequence: sequenceOf(message), at: Number.isNaN(at) ? 0 : at };
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
