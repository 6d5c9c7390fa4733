import { createHmac } from 'node:crypto';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';

import test from 'ava';
import fc from 'fast-check';

import { jsonPost } from '../../../../subscribers/notifications/formats/json';
import {
  checkedLookup,
  type Means,
  postMessage,
  signature,
} from '../../../../subscribers/notifications/webhook/webhook';
import { certificate, key } from '../../../endToEnd/notifications/certificate';
import { type Answer, startReceiver } from '../../../endToEnd/notifications/receiver';
import { anyText } from '../../../anyText';

const message = { id: '01J0000000000000000000000A', on: 'failed', secret: 's3cret' };
const json = { text: 'ünïcode\nlines' };

/** Why an address is refused. */
const WHY = ': it is link-local, reserved, or the metadata service of a cloud';

/** More than any answer of a receiver in this process takes, however busy the machine is. */
const PATIENT_MS = 600_000;

const post = (url: string, means: Means = {}) =>
  postMessage({ ...message, post: jsonPost(json, new URL(url)) }, { limit: PATIENT_MS, ...means });

/** A server that sends `bytes` and, if it `ends`, closes the connection. */
async function rawServer(bytes: string, ends = false) {
  const sockets: Socket[] = [];
  let onClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (onClosed = resolve));
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined).on('close', onClosed));
    socket.once('data', () => {
      if (ends) socket.end(bytes, 'latin1');
      else socket.write(bytes, 'latin1');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    closed,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

async function answered(answer: Answer) {
  const receiver = await startReceiver(answer);
  const reply = await post(receiver.url);
  return { receiver, reply };
}

test('a message is a POST of JSON with its id, what it is about, and a signature over the very bytes', async (t) => {
  const { receiver, reply } = await answered(204);
  t.deepEqual(reply, { delivered: true, status: 204 });
  const { headers, body, path } = await receiver.request(1);
  t.is(path, receiver.path);
  t.is(headers['content-type'], 'application/json; charset=utf-8');
  t.is(headers['x-dokku-builds-delivery'], message.id);
  t.is(headers['x-dokku-builds-event'], 'failed');
  const expected = createHmac('sha256', 's3cret').update(body, 'utf8').digest('hex');
  t.is(headers['x-dokku-builds-signature'], `sha256=${expected}`);
  t.deepEqual(JSON.parse(body), json);
  await receiver.close();
});

test('the signature is the HMAC-SHA-256 of RFC 4231', (t) => {
  const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'; // its test case 2
  t.is(signature('Jefe', Buffer.from('what do ya want for nothing?')), `sha256=${expected}`);
});

test('without a secret there is no signature', async (t) => {
  const receiver = await startReceiver();
  await postMessage(
    { ...message, secret: undefined, post: jsonPost(json, new URL(receiver.url)) },
    { limit: PATIENT_MS },
  );
  t.false('x-dokku-builds-signature' in (await receiver.request(1)).headers);
  await receiver.close();
});

test('an answer that is no 2xx says that the message was not taken', async (t) => {
  for (const status of [400, 404, 429, 500, 503]) {
    const { receiver, reply } = await answered(status);
    t.false(reply.delivered);
    t.regex(reply.delivered ? '' : reply.reason, new RegExp(`the answer was ${status}`));
    await receiver.close();
  }
});

test('a redirect is not followed', async (t) => {
  const { receiver, reply } = await answered('redirect');
  t.deepEqual(reply, { delivered: false, reason: 'the answer was 302 Found, and redirects are not followed' });
  t.is(receiver.received.length, 1);
  await receiver.close();
});

test('a receiver that closes the connection, or is not there, has not taken it', async (t) => {
  const { receiver, reply } = await answered('close');
  t.deepEqual(reply, { delivered: false, reason: 'the connection was closed before an answer came' });
  await receiver.close();
  t.deepEqual(await post(receiver.url), { delivered: false, reason: 'the connection was refused' });
});

test('a receiver that does not answer is left when the time is over', async (t) => {
  const receiver = await startReceiver('hang');
  const arrived = receiver.request(1);
  // Long enough to arrive within it: the receiver is of this very process, which may wait for its turn.
  const reply = await postMessage({ ...message, post: jsonPost(json, new URL(receiver.url)) }, { limit: 10_000 });
  t.deepEqual(reply, { delivered: false, reason: 'no answer within 10 s' });
  const { closed } = await arrived;
  await closed;
  await receiver.close();
});

test('what does not speak HTTP has not taken it, and its words are made printable', async (t) => {
  const server = createServer((socket) => socket.on('error', () => undefined).end('\u001b[31mSMTP\r\n\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const reply = await post(`http://127.0.0.1:${port}/`);
  t.false(reply.delivered);
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  t.notRegex(JSON.stringify(reply), /\\u001b|\u001b/);
  server.close();
});

test('interim answers are ignored, but not without end', async (t) => {
  const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n';
  const some = await rawServer(`${interim.repeat(10)}HTTP/1.1 204 No Content\r\n\r\n`);
  t.deepEqual(await post(some.url), { delivered: true, status: 204 });
  some.close();
  const many = await rawServer(interim.repeat(1000));
  t.deepEqual(await post(many.url), {
    delivered: false,
    reason: 'no answer came, only more than 100 interim ones (1xx)',
  });
  await many.closed;
  many.close();
});

test('an answer that switches protocols has not taken it, with or without the header Upgrade', async (t) => {
  for (const header of ['Upgrade: websocket\r\nConnection: Upgrade\r\n', '']) {
    const server = await rawServer(`HTTP/1.1 101 Switching Protocols\r\n${header}\r\n`);
    t.deepEqual(await post(server.url), { delivered: false, reason: 'the answer was 101 Switching Protocols' });
    await server.closed; // and nothing is held open
    server.close();
  }
});

test('an interim answer is ignored; one that nothing follows is not an answer', async (t) => {
  const early = 'HTTP/1.1 103 Early Hints\r\n\r\n';
  const server = await rawServer(`${early}${early}HTTP/1.1 204 No Content\r\n\r\n`);
  t.deepEqual(await post(server.url), { delivered: true, status: 204 });
  server.close();
  const silent = await rawServer(early);
  t.deepEqual(await post(silent.url, { limit: 1000 }), { delivered: false, reason: 'no answer within 1 s' });
  await silent.closed;
  silent.close();
});

test('an answer counts when its head has come, and the connection is closed though the body never ends', async (t) => {
  const { receiver, reply } = await answered('endless');
  t.deepEqual(reply, { delivered: true, status: 200 });
  await (
    await receiver.request(1)
  ).closed;
  await receiver.close();
});

test('a receiver says how long it wants to be left alone, and that it is gone', async (t) => {
  const busy = await answered({ status: 429, headers: { 'Retry-After': '120' } });
  t.like(busy.reply, { delivered: false, retryAfter: 120_000 });
  await busy.receiver.close();
  const gone = await answered(410);
  t.deepEqual(gone.reply, { delivered: false, reason: 'the answer was 410 Gone', gone: true });
  await gone.receiver.close();
});

test('an answer that is larger than any sensible one has not taken it', async (t) => {
  const server = await rawServer(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`);
  t.false((await post(server.url)).delivered);
  server.close();
});

test('any bytes are an answer or none, and are never thrown', async (t) => {
  const heads = fc.oneof(
    anyText(),
    fc.string().map((text) => `HTTP/1.1 ${text}\r\n\r\n`),
  );
  await fc.assert(
    fc.asyncProperty(heads, async (head) => {
      const server = await rawServer(head, true);
      const reply = await post(server.url);
      t.is(typeof reply.delivered, 'boolean');
      // eslint-disable-next-line no-control-regex -- they are what is looked for
      t.notRegex(reply.delivered ? '' : reply.reason, /[\u0000-\u001f\u007f-\u009f]/);
      server.close();
    }),
    { numRuns: 50 },
  );
});

test('a certificate is checked against the authorities that are trusted, and the name against the certificate', async (t) => {
  const server = createTlsServer({ key, cert: certificate }, (_request, response) => {
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const resolve: Means['resolve'] = (_name, _options, found) => {
    found(null, [{ address: '127.0.0.1', family: 4 }]);
  };
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    const untrusted = await post(`https://hooks.example:${port}/`, { resolve });
    t.deepEqual(untrusted, {
      delivered: false,
      reason: 'no authority that this host trusts has signed its certificate (see update-ca-certificates)',
    });
    t.like(await post(`https://hooks.example:${port}/`, { resolve, trusted: certificate }), { delivered: true });
    const another = await post(`https://another.example:${port}/`, { resolve, trusted: certificate });
    t.deepEqual(another, { delivered: false, reason: 'its certificate is for another name' });
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    server.close();
  }
});

test('nothing is sent to an address that is refused, however it is written', async (t) => {
  for (const url of [
    'http://169.254.169.254/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'http://169.254.169.254./',
    'http://[::ffff:169.254.169.254]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://100.100.100.200/',
    'http://[fd20:ce::254]/',
  ]) {
    const reply = await post(url);
    t.regex(reply.delivered ? '' : reply.reason, /^nothing is sent to the address \S+: it is link-local, /, url);
  }
});

test('a name is looked up, and one without an address is not a receiver', async (t) => {
  const receiver = await startReceiver();
  t.like(await post(`http://localhost:${receiver.port}/`), { delivered: true });
  await receiver.close();
  for (const [code, reason] of [
    ['ENOTFOUND', 'its name has no address'],
    ['EAI_AGAIN', 'its name could not be looked up'],
  ] as const) {
    const reply = await post('http://hooks.example/', {
      resolve(_name, _options, answer) {
        answer(Object.assign(new Error(`getaddrinfo ${code}`), { code }), undefined);
      },
    });
    t.deepEqual(reply, { delivered: false, reason });
  }
});

test('a name with one address that is refused is refused', async (t) => {
  const lookUp = (...addresses: string[]) =>
    new Promise((resolve) => {
      const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      const look = checkedLookup((_name, _options, answer) => {
        answer(null, found);
      });
      look('hooks.example', { all: true }, (error, address) => {
        resolve(error?.message ?? address);
      });
    });
  t.is(await lookUp('93.184.215.14', '169.254.169.254'), `nothing is sent to the address 169.254.169.254${WHY}`);
  t.is(await lookUp('fe80::1'), `nothing is sent to the address fe80::1${WHY}`);
  t.deepEqual(await lookUp('10.0.0.1'), [{ address: '10.0.0.1', family: 4 }]);
});
