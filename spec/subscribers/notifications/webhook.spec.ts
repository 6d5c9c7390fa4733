import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import test from 'ava';

import { checkedLookup, type Means, postMessage, signature } from '../../../subscribers/notifications/webhook/webhook';
import { type Answer, startReceiver } from '../../endToEnd/notifications/receiver';

const message = { id: '01J0000000000000000000000A', on: 'failed', secret: 's3cret', body: { text: 'ünïcode\nlines' } };

/** More than any answer of a receiver in this process takes, however busy the machine is. */
const PATIENT_MS = 600_000;

const post = (url: string, means: Means = {}) =>
  postMessage({ ...message, url: new URL(url) }, { limit: PATIENT_MS, ...means });

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
  t.deepEqual(JSON.parse(body), message.body);
  await receiver.close();
});

test('the signature is the HMAC-SHA-256 of RFC 4231', (t) => {
  const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'; // its test case 2
  t.is(signature('Jefe', Buffer.from('what do ya want for nothing?')), `sha256=${expected}`);
});

test('without a secret there is no signature', async (t) => {
  const receiver = await startReceiver();
  await postMessage({ ...message, secret: undefined, url: new URL(receiver.url) }, { limit: PATIENT_MS });
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
  const reply = await postMessage({ ...message, url: new URL(receiver.url) }, { limit: 10_000 });
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

test('nothing is sent to addresses that hand out credentials of the host, however they are written', async (t) => {
  const refused = [
    'http://169.254.169.254/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://0.0.0.0/',
    'http://[::]/',
    'http://239.1.2.3/',
    'http://255.255.255.255/',
  ];
  for (const url of refused) {
    const reply = await post(url);
    t.regex(reply.delivered ? '' : reply.reason, /is an address that nothing is sent to$/, url);
  }
});

test('a name is looked up, and one without an address is no receiver', async (t) => {
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
  t.is(await lookUp('93.184.215.14', '169.254.169.254'), '169.254.169.254 is an address that nothing is sent to');
  t.is(await lookUp('fe80::1'), 'fe80::1 is an address that nothing is sent to');
  t.deepEqual(await lookUp('10.0.0.1'), [{ address: '10.0.0.1', family: 4 }]);
});
