import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';

import test from 'ava';

import { jsonPost } from '../../../../subscribers/notifications/formats/json';
import { postMessage } from '../../../../subscribers/notifications/webhook/webhook';
import { SECRET } from '../../../endToEnd/notifications/notified';

const page = readFileSync(join(__dirname, '..', '..', '..', '..', 'docs', 'notifications.md'), 'utf8');
const example = /^```js\n(.*?)^```$/ms.exec(page)?.[1] ?? '';

/** Runs the receiver of docs/notifications.md; what it prints goes to `said`. */
async function startExample(said: string[]): Promise<http.Server> {
  const servers: http.Server[] = [];
  const createServer = (listener: http.RequestListener): http.Server => {
    const server = http.createServer(listener);
    servers.push(server);
    return server;
  };
  runInNewContext(example, {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- this is what the example calls
    require: (name: string) => (name === 'node:http' ? { createServer } : (require(name) as unknown)),
    process: { env: { NOTIFY_SECRET: SECRET, PORT: '0' } },
    console: { log: (text: string) => said.push(text) },
    Buffer,
  });
  const [server] = servers;
  if (server === undefined) throw new Error('the example makes no server');
  if (!server.listening) await once(server, 'listening');
  return server;
}

test('the receiver in the documentation takes what is signed, once, and refuses everything else', async (t) => {
  const said: string[] = [];
  const server = await startExample(said);
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const body = { id: '01J0000000000000000000000A', text: 'shop: build b1 failed' };
  const post = (secret: string | undefined) =>
    postMessage({ post: jsonPost(body, url), id: body.id, on: 'failed', secret }, { limit: 600_000 });
  t.like(await post('another key altogether'), { delivered: false, reason: 'the answer was 401 Unauthorized' });
  t.like(await post(undefined), { delivered: false, reason: 'the answer was 401 Unauthorized' });
  t.deepEqual(said, []);
  t.like(await post(SECRET), { delivered: true });
  t.like(await post(SECRET), { delivered: true });
  t.deepEqual(said, ['shop: build b1 failed']);
  server.close();
});
