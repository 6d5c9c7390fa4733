import { promises } from 'node:dns';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';

import test from 'ava';

import type { AppName } from '../../../host/dokku/names';
import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { noteEnded } from '../../../subscribers/notifications/endedReceivers';
import { assertValid } from '../schema/schemas';
import { onTerminal } from '../commands/terminal';
import { certificate, key } from './certificate';
import { startReceiver } from './receiver';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
  await host.createApp('shop');
});

test.after.always(() => host.remove());

const set = (...args: string[]) => host.dokku(['builds:set', ...args]);
const path = (scope: string, property: string) => join(host.paths.config, 'builds', scope, property);

test.serial('each property is set, stored readable for its owner alone, said, and cleared', async (t) => {
  for (const [property, value] of [
    ['notify-url', 'https://hooks.example/T000/B000'],
    ['notify-on', 'failed,abandoned'],
    ['notify-log-lines', '0'],
  ] as const) {
    for (const scope of ['shop', '--global']) {
      t.is((await set(scope, property, value)).stdout, `=====> Setting ${property} to ${value}\n`);
      t.is(readFileSync(path(scope, property), 'utf8'), value);
      t.is(statSync(path(scope, property)).mode & 0o777, 0o600);
      t.is((await set(scope, property)).stdout, `=====> Unsetting ${property}\n`);
      t.false(existsSync(path(scope, property)));
    }
  }
});

test.serial('a secret is never printed, and can come on stdin', async (t) => {
  const secret = '0123456789abcdef with blanks';
  const given = await set('shop', 'notify-secret', secret);
  t.like(given, { code: 0, stdout: '=====> Setting notify-secret\n', stderr: '' });
  t.is(readFileSync(path('shop', 'notify-secret'), 'utf8'), secret);
  t.is(statSync(path('shop', 'notify-secret')).mode & 0o777, 0o600);
  const piped = await host.dokku(['builds:set', 'shop', 'notify-secret', '-'], { input: `${secret}, another\n` });
  t.like(piped, { code: 0, stdout: '=====> Setting notify-secret\n' });
  t.is(readFileSync(path('shop', 'notify-secret'), 'utf8'), `${secret}, another`);
  t.is((await host.dokku(['builds:set', 'shop', 'notify-secret', '-'])).code, 1);
  for (const bad of ['too short', 'with a line\nbreak in it', 'x'.repeat(1025)]) {
    const { code, stdout, stderr } = await set('shop', 'notify-secret', bad);
    t.like({ code, stdout }, { code: 1, stdout: '' });
    t.false(stderr.includes(bad.slice(0, 9)), stderr);
  }
  t.is(readFileSync(path('shop', 'notify-secret'), 'utf8'), `${secret}, another`);
});

test.serial(
  'a url that is none, or would hold credentials, or could break a header, is refused and not repeated',
  async (t) => {
    const refused = [
      'hooks.example/x',
      'ftp://hooks.example/x',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'gopher://127.0.0.1:25/x',
      'https://user:passw0rd@hooks.example/',
      'https://user@hooks.example/',
      'https://',
      'https://hooks.example/\r\nX-Injected: 1',
      'https://hooks.example/ blank',
      `https://hooks.example/${'x'.repeat(2048)}`,
    ];
    for (const url of refused) {
      const { code, stderr } = await set('shop', 'notify-url', url);
      t.is(code, 1, url);
      t.regex(stderr, /^ ! {5}Invalid notify-url: must /);
      t.false(stderr.includes('passw0rd'));
      t.is(stderr.split('\n').length, 2);
    }
    t.false(existsSync(path('shop', 'notify-url')));
  },
);

test.serial('an address that nothing is sent to is refused before it is stored', async (t) => {
  for (const address of ['169.254.169.254', '[fd20:ce::254]', '0xa9fea9fe']) {
    const { code, stderr } = await set('shop', 'notify-url', `http://${address}/secret`);
    t.is(code, 1, address);
    t.regex(
      stderr,
      /^ ! {5}Invalid notify-url: nothing is sent to the address [0-9a-f.:]+: it is link-local, reserved, or the metadata service of a cloud\n$/,
    );
  }
  t.false(existsSync(path('shop', 'notify-url')));
});

test.serial('other bad values are refused, too', async (t) => {
  for (const value of ['fail', 'failed,', 'failed, canceled', 'FAILED']) {
    const { code, stderr } = await set('shop', 'notify-on', value);
    t.is(code, 1);
    t.is(
      stderr,
      ` !     Invalid notify-on "${value}": must be one or more of started, succeeded, failed, canceled, abandoned, separated by commas\n`,
    );
  }
  for (const value of ['-1', '1001', '5.5', 'many']) t.is((await set('shop', 'notify-log-lines', value)).code, 1);
});

test.serial(
  'an unknown property gets the message of the stock plugin, or all properties on a terminal or for a name like ours',
  async (t) => {
    t.is((await set('shop', 'color', 'red')).stderr, ' !     Invalid property "color" (allowed: retention)\n');
    t.is(
      (await set('shop', 'notify-urls', 'x')).stderr,
      ' !     Invalid property "notify-urls" (allowed: retention, retention-days, log-retention, notify-url, notify-format, notify-on, notify-secret, notify-header, notify-log-lines, mask, page, metrics)\n !     Did you mean notify-url?\n',
    );
    t.regex((await set('shop', 'retentoin', '5')).stderr, /\(allowed: retention\)\n ! {5}Did you mean retention\?\n$/);
    const { plain } = await onTerminal(host, 200, ['builds:set', 'shop', 'color', 'red']);
    t.regex(plain.join(' '), /\(allowed: retention, .*log-retention, .*page, metrics\)/);
  },
);

test.serial('a clone of an app notifies whom the app notifies', async (t) => {
  await host.createApp('old');
  await set('old', 'notify-url', 'https://hooks.example/x');
  await set('old', 'notify-secret', '0123456789abcdef');
  await set('old', 'notify-header', 'Authorization: Bearer abc');
  await set('old', 'notify-format', 'github');
  await host.dokku(['apps:clone', 'old', 'copy']);
  for (const name of ['notify-header', 'notify-format'])
    t.is(readFileSync(path('copy', name), 'utf8'), readFileSync(path('old', name), 'utf8'));
  t.is(readFileSync(path('copy', 'notify-url'), 'utf8'), 'https://hooks.example/x');
  t.is(readFileSync(path('copy', 'notify-secret'), 'utf8'), '0123456789abcdef');
  t.is(statSync(path('copy', 'notify-secret')).mode & 0o777, 0o600);
});

test.serial('builds:notify --test says what came back, and fails when it was not taken', async (t) => {
  await host.createApp('tested');
  const missing = await host.dokku(['builds:notify', 'tested', '--test']);
  t.is(missing.code, 1);
  t.regex(missing.stderr, /^ ! {5}No notify-url is set for tested /);
  const receiver = await startReceiver(200, 403, 'redirect', 'close');
  t.teardown(receiver.close);
  await set('tested', 'notify-url', receiver.url);
  await set('tested', 'notify-secret', '0123456789abcdef');
  const origin = new URL(receiver.url).origin;
  t.like(await host.dokku(['builds:notify', 'tested', '--test']), {
    code: 0,
    stdout: `-----> Posting a test message to ${origin}, signed\n       Taken with status 200\n`,
    stderr: '',
  });
  t.is(receiver.received.length, 1);
  const { json, headers } = await receiver.request(1);
  t.like(json, { on: 'test', app: 'tested', event: null, record: null, log: null });
  assertValid(t, 'notification', json);
  t.is(headers['x-dokku-builds-delivery'], String(json['id']));
  for (const reason of [
    'the answer was 403 Forbidden',
    'the answer was 302 Found, and redirects are not followed',
    'the connection was closed before an answer came',
  ]) {
    const failed = await host.dokku(['builds:notify', 'tested', '--test']);
    t.is(failed.code, 1);
    t.is(failed.stderr, ` !     The test message was not taken: ${reason}\n`);
  }
  await receiver.close();
  t.like(await host.dokku(['builds:notify', 'tested', '--test']), {
    code: 1,
    stderr: ' !     The test message was not taken: the connection was refused\n',
  });
  t.is((await host.dokku(['builds:notify', 'no-such-app', '--test'])).code, 20);
});

test.serial('a test message is not held up by an answer that switches protocols or never ends', async (t) => {
  await host.createApp('odd');
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
  });
  t.teardown(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await set('odd', 'notify-url', `http://127.0.0.1:${port}/`);
  t.like(await host.dokku(['builds:notify', 'odd', '--test']), {
    code: 1,
    stderr: ' !     The test message was not taken: the answer was 101 Switching Protocols\n',
  });
  server.close();
  const receiver = await startReceiver('endless');
  t.teardown(receiver.close);
  await set('odd', 'notify-url', receiver.url);
  t.is((await host.dokku(['builds:notify', 'odd', '--test'])).code, 0);
  t.is(receiver.received.length, 1);
  await receiver.received[0]?.closed;
});

test.serial(
  'no variable of the environment has a certificate trusted, or a message sent through a proxy',
  async (t) => {
    await host.createApp('secured');
    const server = createTlsServer({ key, cert: certificate }, (_request, response) => response.writeHead(204).end());
    t.teardown(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const file = join(host.paths.tmp, 'certificate.pem');
    host.write(file, certificate);
    const { port } = server.address() as AddressInfo;
    await set('secured', 'notify-url', `https://127.0.0.1:${port}/`);
    const trusting = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_EXTRA_CA_CERTS: file, SSL_CERT_FILE: file };
    const program = join(host.paths.plugins, 'enabled/builds/bin/dokku-builds'); // which no shell script stands before
    const { code, stderr } = await host.run([program, 'notify', 'secured', '--test'], { env: trusting });
    t.is(code, 1);
    t.regex(stderr, /The test message was not taken: no authority that this host trusts has signed its certificate/);
    server.close();

    const receiver = await startReceiver();
    t.teardown(receiver.close);
    const plain = `//localhost:${receiver.port}${receiver.path}`;
    await set('secured', 'notify-url', `https:${plain}`);
    const { stderr: refusal } = await host.dokku(['builds:notify', 'secured', '--test']);
    t.regex(refusal, /The test message was not taken: it does not speak TLS on this port/);
    await set('secured', 'notify-url', `http:${plain}`);
    const proxies = Object.fromEntries(
      ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].map((name) => [name, 'http://127.0.0.1:1/']),
    );
    t.like(await host.run([program, 'notify', 'secured', '--test'], { env: proxies }), { code: 0 });
    t.is(receiver.received.length, 1);
    await receiver.close();
  },
);

test.serial('a name that leads to a refused address is refused by the executable', async (t) => {
  const name = 'ip6-allnodes'; // as hosts of Debian have it in /etc/hosts: ff02::1
  const known = await promises.lookup(name).catch(() => undefined);
  if (known === undefined) {
    t.pass('this machine does not have the name');
    return;
  }
  await host.createApp('named');
  await set('named', 'notify-url', `http://${name}/`);
  t.like(await host.dokku(['builds:notify', 'named', '--test']), {
    code: 1,
    stderr:
      ` !     The test message was not taken: nothing is sent to the address ${known.address}: it is link-local, ` +
      'reserved, or the metadata service of a cloud\n',
  });
});

test.serial('after notify-url is set again, messages are posted to it, even if the clock was set back', async (t) => {
  await host.createApp('back');
  const receiver = await startReceiver();
  t.teardown(receiver.close);
  await set('back', 'notify-url', receiver.url);
  noteEnded(host.paths.builds, 'back' as AppName, Date.now() + 3_600_000);
  t.regex((await host.dokku(['builds:notify', 'back'])).stderr, /answered 410 Gone/);
  await set('back', 'notify-url', receiver.url);
  t.is((await host.dokku(['builds:notify', 'back'])).stderr, '');
});

test.serial('builds:notify says where notifications go, and of the url no more than the host', async (t) => {
  await host.createApp('shown');
  await set('--global', 'notify-url', 'https://hooks.example/T0/secret-path');
  const { code, stdout } = await host.dokku(['builds:notify', 'shown']);
  t.is(code, 0);
  t.regex(stdout, /Receiver: +https:\/\/hooks\.example \(global\)\n/);
  t.regex(stdout, /On: +failed\n/);
  t.false(stdout.includes('secret-path'));
  await set('--global', 'notify-url');
});
