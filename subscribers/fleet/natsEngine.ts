import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node';
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
import { NO_FRAME, parsePiece, type Piece, pieceLine, ULID } from './piece';

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

/** Of a server that can do what is needed: direct get in batches came with 2.11. */
export const LEAST_VERSION = [2, 11] as const;

const PIECE_HEADER = 'Dkb-Piece';
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_MESSAGES = 20_000;

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

  constructor(
    readonly connection: NatsConnection,
    private readonly transport: typeof transportModule,
    private readonly inbox: string,
    private readonly timeout: number,
  ) {
    this.closed = connection.closed().then(() => undefined);
  }

  get version(): string {
    return this.connection.info?.version ?? '';
  }

  async close(): Promise<void> {
    await this.connection.close().catch(() => undefined);
  }

  async lastPiece(of: JournalName): Promise<StoredPiece | undefined> {
    const message = await this.direct(`${JOURNALS}.${subjectOf(of)}`);
    if (message === undefined) return undefined;
    const stored = storedPiece(message);
    // What is stored there and is no piece, nobody can go on from: a piece that no journal holds takes its place.
    return stored ?? { of, piece: UNREADABLE, sequence: sequenceOf(message) };
  }

  async append(of: JournalName, piece: Piece, after: number): Promise<number> {
    const headers = this.transport.headers();
    headers.set(PIECE_HEADER, pieceLine(piece));
    headers.set('Nats-Expected-Last-Subject-Sequence', String(after));
    const { seq, error } = await this.store(JOURNALS, subjectOf(of), piece.bytes, headers);
    if (error === undefined && typeof seq === 'number') return seq;
    if (WRONG_SEQUENCE.has(error?.err_code ?? 0)) throw new NotTheLast(of);
    throw new EngineAway(error?.description ?? 'what came was no acknowledgement');
  }

  async readFrom(from: number): Promise<Batch> {
    const { messages, next, atEnd } = await this.directBatch(JOURNALS, from);
    return { pieces: messages.map(storedPiece).filter((one) => one !== undefined), next, atEnd };
  }

  async publishState(host: string, about: string, state: object): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(state));
    const { error } = await this.store(STATES, `dkb.${host}.now.${about}`, bytes, this.transport.headers());
    if (error !== undefined) throw new EngineAway(error.description ?? 'the state was not stored');
  }

  async statesFrom(from: number): Promise<{ states: StoredState[]; next: number }> {
    const states: StoredState[] = [];
    for (let at = from; ;) {
      const { messages, next, atEnd } = await this.directBatch(STATES, at);
      states.push(...messages.map(storedState).filter((one) => one !== undefined));
      if (atEnd) return { states, next };
      at = next;
    }
  }

  async streamState(): Promise<StreamState> {
    const { created, state, error } = await this.request<StreamInfo>(`$JS.API.STREAM.INFO.${JOURNALS}`, '');
    if (created === undefined) throw new EngineAway(error?.description ?? 'there is no stream; run fleet:init');
    return { created, last: state?.last_seq ?? 0 };
  }

  ask(question: object, ms: number, enough: (answers: readonly unknown[]) => boolean): Promise<unknown[]> {
    return this.gather(ASK, question, ms, enough);
  }

  /** What the servers say of their JetStream within `ms`; none where their configuration does not offer it. */
  servers(ms: number): Promise<unknown[]> {
    return this.gather(SERVERS, {}, ms, () => false);
  }

  private async gather(
    subject: string,
    question: object,
    ms: number,
    enough: (answers: readonly unknown[]) => boolean,
  ): Promise<unknown[]> {
    const answers: unknown[] = [];
    if (enough(answers)) return answers;
    await new Promise<void>((resolve) => {
      const inbox = this.transport.createInbox(this.inbox);
      const subscription = this.connection.subscribe(inbox, {
        callback: (error, message) => {
          const answer = error === null && message.data.length > 0 ? parseJson(message.data) : undefined;
          if (answer !== undefined) answers.push(answer);
          if (error !== null || isStatus(message) || enough(answers)) end();
        },
      });
      const timer = setTimeout(() => end(), ms);
      const end = (): void => {
        clearTimeout(timer);
        subscription.unsubscribe();
        resolve();
      };
      this.connection.publish(subject, JSON.stringify(question), { reply: inbox });
    });
    return answers;
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

  /** Publishes to a stream; resolves to its acknowledgement, which comes when the message is stored. */
  private store(
    stream: string,
    subject: string,
    bytes: Uint8Array,
    headers: MsgHdrs,
  ): Promise<Partial<Acknowledgement>> {
    headers.set('Nats-Expected-Stream', stream);
    return this.request<Acknowledgement>(subject, bytes, headers);
  }

  private async request<T extends object>(
    subject: string,
    bytes: Uint8Array | string,
    headers?: MsgHdrs,
  ): Promise<Partial<T>> {
    try {
      const options = { timeout: this.timeout, ...(headers !== undefined && { headers }) };
      const { data } = await this.connection.request(subject, bytes, options);
      return parseJson(data) ?? {};
    } catch (error) {
      throw new EngineAway(reasonOf(error));
    }
  }

  /** The message, or undefined where there is none. */
  private async direct(place: string): Promise<Msg | undefined> {
    try {
      const message = await this.connection.request(`$JS.API.DIRECT.GET.${place}`, '', { timeout: this.timeout });
      const code = message.headers?.code ?? 0;
      if (code === NOT_FOUND) return undefined;
      if (code !== 0) throw new Error(message.headers?.description ?? String(code));
      return message;
    } catch (error) {
      throw new EngineAway(reasonOf(error));
    }
  }

  private async directBatch(stream: string, from: number): Promise<DirectBatch> {
    try {
      return await this.requestBatch(stream, from);
    } catch (error) {
      throw new EngineAway(reasonOf(error));
    }
  }

  private requestBatch(stream: string, from: number): Promise<DirectBatch> {
    return new Promise((resolve, reject) => {
      const messages: Msg[] = [];
      let left = 0;
      let timer: NodeJS.Timeout | undefined;
      const inbox = this.transport.createInbox(this.inbox);
      const end = (error?: Error): void => {
        clearTimeout(timer);
        subscription.unsubscribe();
        const last = messages.at(-1);
        if (error === undefined) {
          resolve({ messages, next: last === undefined ? from : sequenceOf(last) + 1, atEnd: left <= 0 });
        } else {
          reject(error);
        }
      };
      const patience = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => end(new Error('timeout')), this.timeout);
      };
      const onMessage = (message: Msg): void => {
        const code = message.headers?.code ?? 0;
        if (code === 0) {
          messages.push(message);
          patience();
        } else if (code === END_OF_BATCH || code === NOT_FOUND) {
          left = Number(header(message.headers, 'Nats-Num-Pending'));
          end();
        } else {
          end(new Error(message.headers?.description ?? String(code)));
        }
      };
      const callback = (error: Error | null, message: Msg): void => (error === null ? onMessage(message) : end(error));
      const subscription = this.connection.subscribe(inbox, { callback });
      patience();
      const wanted = { seq: Math.max(1, from), batch: BATCH_MESSAGES, max_bytes: BATCH_BYTES };
      this.connection.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(wanted), { reply: inbox });
    });
  }
}

/** What a server answers when something was published, or was not. */
interface Acknowledgement {
  readonly seq: number;
  readonly error: ApiError;
}

interface ApiError {
  readonly err_code?: number;
  readonly description?: string;
}

interface StreamInfo {
  readonly created: string;
  readonly state: { readonly last_seq?: number };
  readonly error: ApiError;
}

interface DirectBatch {
  readonly messages: Msg[];
  readonly next: number;
  readonly atEnd: boolean;
}

const NOT_FOUND = 404;
const END_OF_BATCH = 204;

/** Both say that the expected sequence is wrong: 10071 with the one that is right, 10164 without. */
const WRONG_SEQUENCE = new Set([10071, 10164]);

/** Of no journal: none is that long. */
const UNREADABLE: Piece = {
  branch: 0,
  from: Number.MAX_SAFE_INTEGER,
  bytes: new Uint8Array(0),
  frame: NO_FRAME,
  upTo: 0,
};

function subjectOf({ host, journal }: JournalName): string {
  return `dkb.${host}.j.${journal}`;
}

function header(headers: MsgHdrs | undefined, name: string): string {
  return headers?.get(name) ?? '';
}

function sequenceOf({ headers }: Msg): number {
  return Number(header(headers, 'Nats-Sequence'));
}

/** What direct get gives says in headers which message it is. */
function partsOf({ headers }: Msg): string[] {
  return header(headers, 'Nats-Subject').split('.');
}

function storedPiece(message: Msg): StoredPiece | undefined {
  const [, host = '', , journal = ''] = partsOf(message);
  const piece = parsePiece(header(message.headers, PIECE_HEADER), message.data);
  if (piece === undefined || !ULID.test(host) || !ULID.test(journal)) return undefined;
  return { of: { host, journal }, piece, sequence: sequenceOf(message) };
}

function storedState(message: Msg): StoredState | undefined {
  const [, host = '', , about = ''] = partsOf(message);
  if (!ULID.test(host) || (about !== 'host' && !ULID.test(about))) return undefined;
  const at = Date.parse(header(message.headers, 'Nats-Time-Stamp'));
  return { host, about, state: parseJson(message.data), sequence: sequenceOf(message), at: Number.isNaN(at) ? 0 : at };
}

function isStatus({ headers, data }: Msg): boolean {
  return data.length === 0 && (headers?.code ?? 0) !== 0; // 503: nobody is there to answer
}

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString()) as unknown;
  } catch {
    return undefined;
  }
}
