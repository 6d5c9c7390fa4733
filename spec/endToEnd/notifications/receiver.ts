import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What a receiver does with a request: a status, with headers or without; a redirect; a status whose body never ends;
 * closing the connection unanswered; or nothing at all.
 */
export type Answer = number | Answered | 'redirect' | 'endless' | 'close' | 'hang';

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request that came. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** Resolves when the sender has closed the connection. */
  readonly closed: Promise<void>;
}

/** A real HTTP server on 127.0.0.1 that notifications are sent to. */
export interface Receiver {
  readonly url: string;
  /** That of `url`: no other receiver has it, and whoever knows it may post. */
  readonly path: string;
  readonly port: number;
  /** Every request so far. */
  readonly received: readonly Received[];
  /** How many requests got an answer. */
  readonly answered: () => number;
  /** The request number `n` (1 is the first), whenever it comes. */
  readonly request: (n: number) => Promise<Received>;
  /** The first request that is `wanted`, whenever it comes. */
  readonly find: (wanted: (received: Received) => boolean) => Promise<Received>;
  readonly close: () => Promise<void>;
}

/** What a body of JSON says; nothing for another body. */
function jsonOf(body: string): Received['json'] {
  try {
    return JSON.parse(body) as Received['json'];
  } catch {
    return {};
  }
}

/**
 * Starts a receiver that gives these answers in turn, and then 200; or the one that `answerTo` gives to each request.
 */
export async function startReceiver(...answers: Answer[] | [(received: Received) => Answer]): Promise<Receiver> {
  const [first] = answers;
  const answerTo = typeof first === 'function' ? first : () => (answers as Answer[]).shift() ?? 200;
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let answered = 0;
  const handle = (message: IncomingMessage, response: ServerResponse, body: string): void => {
    const closed = new Promise<void>((resolve) => {
      response.once('close', resolve);
    });
    const { url = '', headers } = message;
    const one = { path: url, headers, body, json: jsonOf(body), closed };
    received.push(one);
    const answer = answerTo(one);
    if (answer !== 'hang') answered += 1;
    if (answer === 'close') message.socket.destroy();
    else if (answer === 'redirect') response.writeHead(302, { Location: '/elsewhere' }).end();
    else if (answer === 'endless') response.writeHead(200).write('taken, and ');
    else if (typeof answer === 'object') response.writeHead(answer.status, answer.headers).end();
    else if (answer !== 'hang') response.writeHead(answer).end('taken');
    for (const check of waiting) check();
  };
  const find = (wanted: (received: Received, at: number) => boolean): Promise<Received> =>
    new Promise((resolve) => {
      const check = (): void => {
        const one = received.find(wanted);
        if (one === undefined) return;
        waiting.delete(check);
        resolve(one);
      };
      waiting.add(check);
      check();
    });
  const server = createServer((message, response) => {
    let body = '';
    message.setEncoding('utf8').on('data', (text: string) => (body += text));
    message.on('end', () => {
      handle(message, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const path = `/hook/${randomUUID()}`;
  return {
    port,
    path,
    url: `http://127.0.0.1:${port}${path}`,
    received,
    answered: () => answered,
    request: (n) => find((_, at) => at === n - 1),
    find,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
