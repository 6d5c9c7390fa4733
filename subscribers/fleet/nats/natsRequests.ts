import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import type * as transportModule from '@nats-io/transport-node';

import { reasonOf } from '../../../host/failure';
import { EngineAway } from '../engine';
import { type AnswerPlace, header, isStatus, parseJson, REPLIES, sequenceOf } from './natsMessages';

const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_MESSAGES = 20_000;

const NOT_FOUND = 404;
const END_OF_BATCH = 204;

/** Requests on a connection. They reject with {@link EngineAway}. */
export class NatsRequests {
  constructor(
    private readonly connection: NatsConnection,
    private readonly transport: typeof transportModule,
    private readonly inbox: string,
    private readonly timeout: number,
  ) {}

  /** Publishes to a stream; resolves to its acknowledgement, which comes when the message is stored. */
  store(
    stream: string,
    subject: string,
    bytes: Uint8Array,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<Partial<Acknowledgement>> {
    const headers = this.transport.headers();
    for (const [name, value] of Object.entries(fields)) headers.set(name, value);
    headers.set('Nats-Expected-Stream', stream);
    return this.request<Acknowledgement>(subject, bytes, headers);
  }

  async request<T extends object>(subject: string, bytes: Uint8Array | string, headers?: MsgHdrs): Promise<Partial<T>> {
    try {
      const options = { timeout: this.timeout, ...(headers !== undefined && { headers }) };
      const { data } = await this.connection.request(subject, bytes, options);
      return parseJson(data) ?? {};
    } catch (error) {
      throw this.away(error);
    }
  }

  /** A message by direct get; undefined if there is none. */
  async direct(place: string): Promise<Msg | undefined> {
    try {
      const message = await this.connection.request(`$JS.API.DIRECT.GET.${place}`, '', { timeout: this.timeout });
      const code = message.headers?.code ?? 0;
      if (code === NOT_FOUND) return undefined;
      if (code !== 0) throw new Error(message.headers?.description ?? String(code));
      return message;
    } catch (error) {
      throw this.away(error);
    }
  }

  async directBatch(stream: string, from: number): Promise<DirectBatch> {
    try {
      return await this.requestBatch(stream, from);
    } catch (error) {
      throw new EngineAway(reasonOf(error));
    }
  }

  private requestBatch(stream: string, from: number): Promise<DirectBatch> {
    return new Promise((resolve, reject) => {
      const messages: Msg[] = [];
      let timer: NodeJS.Timeout | undefined;
      const end = (finish: () => void): void => {
        clearTimeout(timer);
        close();
        finish();
      };
      const patience = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => end(() => reject(new Error('timeout'))), this.timeout);
      };
      const wanted = { seq: Math.max(1, from), batch: BATCH_MESSAGES, max_bytes: BATCH_BYTES };
      const close = this.openRequest(`$JS.API.DIRECT.GET.${stream}`, wanted, (error, message) => {
        if (error !== null) {
          end(() => reject(error));
          return;
        }
        const code = message.headers?.code ?? 0;
        if (code === 0) {
          messages.push(message);
          patience();
        } else if (code === END_OF_BATCH || code === NOT_FOUND) {
          const last = messages.at(-1);
          const next = last === undefined ? from : sequenceOf(last) + 1;
          const atEnd = Number(header(message.headers, 'Nats-Num-Pending')) <= 0;
          end(() => resolve({ messages, next, atEnd }));
        } else {
          end(() => reject(new Error(message.headers?.description ?? String(code))));
        }
      });
      patience();
    });
  }

  /**
   * Asks `subject`; resolves to the answers that come within `ms`, or until there are `enough`. They come to the reply
   * subject of the question, or to `place`.
   */
  async gather(
    subject: string,
    question: object,
    ms: number,
    enough: (answers: readonly unknown[]) => boolean,
    place: AnswerPlace = REPLIES,
  ): Promise<unknown[]> {
    const answers: unknown[] = [];
    if (enough(answers)) return answers;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        close();
        resolve();
      };
      const close = this.openRequest(
        subject,
        question,
        (error, message) => {
          const answer = error === null ? place.read(message) : undefined;
          if (answer !== undefined) answers.push(answer);
          if (error !== null || isStatus(message) || enough(answers)) end();
        },
        place,
      );
      const timer = setTimeout(end, ms);
    });
    return answers;
  }

  /** The error for a failed request. If nothing listens, there is no stream, or it has no leader. */
  private away(error: unknown): EngineAway {
    const isUnheard = error instanceof this.transport.RequestError && error.isNoResponders();
    return new EngineAway(isUnheard ? NO_STREAM : reasonOf(error));
  }

  /** A request with any number of answers: `onAnswer` gets them, until the returned function is called. */
  private openRequest(
    subject: string,
    question: object,
    onAnswer: (error: Error | null, message: Msg) => void,
    place: AnswerPlace = REPLIES,
  ): () => void {
    const inbox = this.transport.createInbox(this.inbox);
    const subjects = new Set([inbox, place.subjectOf(inbox)]); // to the first, the server says that nobody listens
    const subscriptions = [...subjects].map((one) => this.connection.subscribe(one, { callback: onAnswer }));
    this.connection.publish(subject, JSON.stringify(question), { reply: inbox });
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
  }
}

/** Why a request has no answer. */
export const NO_STREAM = 'there is no stream, or no leader for it; fleet:init makes the streams';

/** The answer of a server to a message for a stream. */
export interface Acknowledgement {
  readonly seq: number;
  readonly error: ApiError;
}

export interface ApiError {
  readonly err_code?: number;
  readonly description?: string;
}

export interface DirectBatch {
  readonly messages: Msg[];
  readonly next: number;
  readonly atEnd: boolean;
}
