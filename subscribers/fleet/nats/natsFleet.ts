import type { NatsConnection } from '@nats-io/transport-node';

import { reasonOf } from '../../../host/failure';
import type { Fleet, StoredState, StreamState } from '../bulletin';
import { EngineAway } from '../engine';
import { NatsEngine } from './natsEngine';
import { answersOn, ASK, HOST_ANSWERS, JOURNALS, parseJson, SERVERS, STATES, storedState } from './natsMessages';
import { type ApiError, NatsRequests, NO_STREAM } from './natsRequests';
import { signing } from './nkey';

/** How to reach the engine, and as whom. */
export interface NatsAddress {
  /** `tls://host:4222`, or `nats://` for a connection without TLS; several for a cluster. */
  readonly servers: readonly string[];
  /** Public NKey of the user, and its seed; undefined where the server asks for none. */
  readonly user?: { readonly key: string; readonly seed: string };
  /** PEM of the authority that has signed the servers' certificates; undefined: those that the system trusts. */
  readonly authority?: string | undefined;
  /** The prefix of the subjects that answers are sent to. Each user has its own, and can read no other. */
  readonly inbox: string;
  /** Shown in the server's lists. */
  readonly name: string;
  /** How long an answer may take, in ms. */
  readonly timeout?: number;
}

const TIMEOUT_MS = 5000;

/** An error code of the API of JetStream. */
const STREAM_NOT_FOUND = 10059;

/** Connects. Rejects with {@link EngineAway}. */
export async function connectNats(address: NatsAddress): Promise<NatsFleet> {
  const { connectClient, transport } = await import('./natsTransport');
  const { servers, user, authority, inbox, name, timeout = TIMEOUT_MS } = address;
  try {
    const connection = await connectClient({
      servers: [...servers],
      name,
      inboxPrefix: inbox,
      timeout,
      reconnect: false, // callers connect again, after a pause of their own
      noAsyncTraces: true,
      pingInterval: 20_000,
      ...(user !== undefined && { authenticator: signing(user.key, user.seed) }),
      ...(servers.some((server) => server.startsWith('tls:')) && {
        tls: authority === undefined ? {} : { ca: authority },
      }),
    });
    return new NatsFleet(connection, new NatsRequests(connection, transport, inbox, timeout));
  } catch (error) {
    throw new EngineAway(explained(reasonOf(error)));
  }
}

/** The reason, with what can be done about it. */
function explained(reason: string): string {
  if (/unable to verify|self-signed|issuer/i.test(reason))
    return `${reason}; "fleet:join --ca <file>" says who signs the certificates of the servers`;
  if (/authorization/i.test(reason))
    return `${reason}: the configuration of the server needs the line that fleet:join prints`;
  return reason;
}

/** A connection to NATS: the engine, and the messages that are no part of the history. */
export class NatsFleet extends NatsEngine implements Fleet {
  readonly closed: Promise<void>;

  constructor(
    readonly connection: NatsConnection,
    requests: NatsRequests,
  ) {
    super(requests);
    this.closed = connection.closed().then(() => undefined);
  }

  get version(): string {
    return this.connection.info?.version ?? '';
  }

  async close(): Promise<void> {
    await this.connection.close().catch(() => undefined);
  }

  async publishState(host: string, about: string, state: object): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(state));
    const { error } = await this.requests.store(STATES, `dkb.${host}.now.${about}`, bytes);
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
    if (created === undefined)
      throw new EngineAway(error?.err_code === STREAM_NOT_FOUND ? NO_STREAM : (error?.description ?? 'no answer'));
    return { created, last: state?.last_seq ?? 0, time: state?.last_ts ?? '' };
  }

  ask(question: object, ms: number, enough: (answers: readonly unknown[]) => boolean): Promise<unknown[]> {
    return this.requests.gather(ASK, question, ms, enough, HOST_ANSWERS);
  }

  /** The answers of the servers about JetStream within `ms`; none if their configuration refuses the question. */
  servers(ms: number): Promise<unknown[]> {
    return this.requests.gather(SERVERS, {}, ms, () => false);
  }

  answer(host: string, respond: (question: unknown) => object | undefined): void {
    this.connection.subscribe(ASK, {
      callback: (error, message) => {
        if (error !== null) return;
        const answer = respond(parseJson(message.data));
        if (answer === undefined || !message.reply) return;
        this.connection.publish(answersOn(host, message.reply), JSON.stringify(answer));
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
  readonly state: { readonly last_seq?: number; readonly last_ts?: string };
  readonly error: ApiError;
}
