import type { NatsConnection } from '@nats-io/transport-node';
import type * as transportModule from '@nats-io/transport-node';

import { reasonOf } from '../../host/failure';
import {
  type Batch,
  EngineAway,
  type Fleet,
  type JournalName,
  NotTheLast,
  type StoredPiece,
  type StoredState,
  type StreamState,
} from './engine';
import {
  ASK,
  JOURNALS,
  parseJson,
  PIECE_HEADER,
  sequenceOf,
  SERVERS,
  STATES,
  storedPiece,
  storedState,
  subjectOf,
  UNREADABLE,
} from './natsMessages';
import { type ApiError, NatsRequests } from './natsRequests';
import { type Piece, pieceLine } from './piece';

/** Of a server that can do what is needed: direct get in batches came with 2.11. */
export const LEAST_VERSION = [2, 11] as const;

/** How to reach the engine, and as whom. */
export interface NatsAddress {
  /** `tls://host:4222`, or `nats://` for a connection without TLS; several for a cluster. */
  readonly servers: readonly string[];
  /** NKey seed of the user; undefined where the server asks for none. */
  readonly seed?: string | undefined;
  /** PEM of the authority that has signed the servers' certificates; undefined: those that the system trusts. */
  readonly authority?: string | undefined;
  /** What answers are sent to: each user has its own, so that no one can read another's. */
  readonly inbox: string;
  /** Shown in the server's lists. */
  readonly name: string;
  /** How long an answer may take, in ms. */
  readonly timeout?: number;
}

const TIMEOUT_MS = 5000;

/** Connects. Rejects with {@link EngineAway}. */
export async function connectNats(address: NatsAddress): Promise<NatsFleet> {
  const transport = await import('@nats-io/transport-node');
  const { servers, seed, authority, inbox, name, timeout = TIMEOUT_MS } = address;
  try {
    const connection = await transport.connect({
      servers: [...servers],
      name,
      inboxPrefix: inbox,
      timeout,
      reconnect: false, // whoever uses it connects again, at a pace of its own
      noAsyncTraces: true,
      pingInterval: 20_000,
      ...(seed !== undefined && { authenticator: transport.nkeyAuthenticator(new TextEncoder().encode(seed)) }),
      ...(servers.some((server) => server.startsWith('tls:')) && {
        tls: authority === undefined ? {} : { ca: authority },
      }),
    });
    return new NatsFleet(connection, transport, inbox, timeout);
  } catch (error) {
    throw new EngineAway(reasonOf(error));
  }
}

/** A connection to NATS. */
export class NatsFleet implements Fleet {
  readonly closed: Promise<void>;
  private readonly requests: NatsRequests;

  constructor(
    readonly connection: NatsConnection,
    private readonly transport: typeof transportModule,
    inbox: string,
    timeout: number,
  ) {
    this.requests = new NatsRequests(connection, transport, inbox, timeout);
    this.closed = connection.closed().then(() => undefined);
  }

  get version(): string {
    return this.connection.info?.version ?? '';
  }

  async close(): Promise<void> {
    await this.connection.close().catch(() => undefined);
  }

  async lastPiece(of: JournalName): Promise<StoredPiece | undefined> {
    const message = await this.requests.direct(`${JOURNALS}.${subjectOf(of)}`);
    if (message === undefined) return undefined;
    const stored = storedPiece(message);
    // What is stored there and is no piece, nobody can go on from: a piece that no journal holds takes its place.
    return stored ?? { of, piece: UNREADABLE, sequence: sequenceOf(message) };
  }

  async append(of: JournalName, piece: Piece, after: number): Promise<number> {
    const headers = this.transport.headers();
    headers.set(PIECE_HEADER, pieceLine(piece));
    headers.set('Nats-Expected-Last-Subject-Sequence', String(after));
    const { seq, error } = await this.requests.store(JOURNALS, subjectOf(of), piece.bytes, headers);
    if (error === undefined && typeof seq === 'number') return seq;
    if (WRONG_SEQUENCE.has(error?.err_code ?? 0)) throw new NotTheLast(of);
    throw new EngineAway(error?.description ?? 'what came was no acknowledgement');
  }

  async readFrom(from: number): Promise<Batch> {
    const { messages, next, atEnd } = await this.requests.directBatch(JOURNALS, from);
    return { pieces: messages.map(storedPiece).filter((one) => one !== undefined), next, atEnd };
  }

  async publishState(host: string, about: string, state: object): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(state));
    const { error } = await this.requests.store(STATES, `dkb.${host}.now.${about}`, bytes, this.transport.headers());
    if (error !== undefined) throw new EngineAway(error.description ?? 'the state was not stored');
  }

  async statesFrom(from: number): Promise<{ states: StoredState[]; next: number }> {
    const states: StoredState[] = [];
    for (let at = from; ;) {
      const { messages, next, atEnd } = await this.requests.directBatch(STATES, at);
      states.push(...messages.map(storedState).filter((one) => one !== undefined));
      if (atEnd) return { states, next };
      at = next;
    }
  }

  async streamState(): Promise<StreamState> {
    const { created, state, error } = await this.requests.request<StreamInfo>(`$JS.API.STREAM.INFO.${JOURNALS}`, '');
    if (created === undefined) throw new EngineAway(error?.description ?? 'there is no stream; run fleet:init');
    return { created, last: state?.last_seq ?? 0 };
  }

  ask(question: object, ms: number, enough: (answers: readonly unknown[]) => boolean): Promise<unknown[]> {
    return this.requests.gather(ASK, question, ms, enough);
  }

  /** What the servers say of their JetStream within `ms`; none where their configuration does not offer it. */
  servers(ms: number): Promise<unknown[]> {
    return this.requests.gather(SERVERS, {}, ms, () => false);
  }

  answer(respond: (question: unknown) => object | undefined): void {
    this.connection.subscribe(ASK, {
      callback: (error, message) => {
        if (error !== null) return;
        const answer = respond(parseJson(message.data));
        if (answer !== undefined) message.respond(JSON.stringify(answer));
      },
    });
  }

  onNews(wake: () => void): void {
    for (const subject of ['dkb.*.j.*', 'dkb.*.now.*']) {
      this.connection.subscribe(subject, { callback: (error) => (error === null ? wake() : undefined) });
    }
  }
}

interface StreamInfo {
  readonly created: string;
  readonly state: { readonly last_seq?: number };
  readonly error: ApiError;
}

/** Both say that the expected sequence is wrong: 10071 with the one that is right, 10164 without. */
const WRONG_SEQUENCE = new Set([10071, 10164]);
