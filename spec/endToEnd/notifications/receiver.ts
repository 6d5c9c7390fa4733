import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a receiver does with a request: a status, a redirect, closing the connection unanswered, or nothing at all. */
export type Answer = number | 'redirect' | 'close' | 'hang';

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
  /** Requests that are not answered yet. */
  readonly open: () => number;
  /** The request number `n` (1 is the first), whenever it comes. */
  readonly request: (n: number) => Promise<Received>;
  readonly close: () => Promise<void>;
}

/** Starts a receiver that gives these answers in turn, and then 200. */
export async function startReceiver(...answers: Answer[]): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let unanswered = 0;
  const handle = (message: IncomingMessage, response: ServerResponse, body: string): void => {
    const answer = answers.shift() ?? 200;
    unanswered += 1;
    const closed = new Promise<void>((resolve) => {
      response.once('close', () => {
        unanswered -= 1;
        resolve();
      });
    });
    const { url = '', headers } = message;
    received.push({ path: url, headers, body, json: JSON.parse(body) as Received['json'], closed });
    if (answer === 'close') message.socket.destroy();
    else if (answer === 'redirect') response.writeHead(302, { Location: '/elsewhere' }).end();
    else if (answer !== 'hang') response.writeHead(answer).end('taken');
    for (const check of waiting) check();
  };
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
    open: () => unanswered,
    request: (n) =>
      new Promise((resolve) => {
        const check = (): void => {
          const one = received[n - 1];
          if (one === undefined) return;
          waiting.delete(check);
          resolve(one);
        };
        waiting.add(check);
        check();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
