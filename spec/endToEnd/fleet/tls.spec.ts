import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { freePort, startNatsServer } from '../../../scripts/fleet/natsServer';
import { temporaryDirectory } from '../../temporaryHost';
import { type Authority, cannotCertify, makeAuthority } from './certificates';
import { runAs } from './member';
import { program, SERVER_SECONDS, withServer } from './server';

/*
 * The executable itself is run: its TLS is that of the runtime it is compiled with.
 */
const withTls = cannotCertify === undefined ? withServer : test.skip;

interface Wanted {
  /** What the server's certificate says, and for how many days it is valid. */
  readonly names?: string;
  readonly days?: number;
  /** The address that is joined, without the port. */
  readonly url?: string;
  /** The configuration of the server is changed so. */
  readonly edit?: (configuration: string) => string;
  /** Another authority than the one that has signed. */
  readonly otherAuthority?: boolean;
}

/** Somebody joins as administrator, and makes the streams of a server with TLS. */
async function initOver(t: ExecutionContext, wanted: Wanted): Promise<{ code: number | null; stderr: string }> {
  const { names = 'DNS:localhost', days = 2, url = 'tls://localhost', edit = (text: string) => text } = wanted;
  const directory = temporaryDirectory(t);
  const authority: Authority = makeAuthority(directory, 'authority');
  const { certificate, key } = authority.sign('server', names, days);
  const ca = wanted.otherAuthority === true ? makeAuthority(directory, 'other').certificate : authority.certificate;
  const port = await freePort();
  const joining = await runAs(directory, ['fleet:join', `${url}:${port}`, '--as', 'administrator', '--ca', ca]);
  const line = /^administrator\/\S+$/m.exec(joining.stdout)?.[0] ?? '';
  const tls = ['--tls-cert', certificate, '--tls-key', key];
  const printed = await runAs(directory, ['fleet:server-config', line, '--store', join(directory, 'store'), ...tls]);
  const configuration = edit(printed.stdout);
  const server = await startNatsServer({ directory, program, port, configuration, seconds: SERVER_SECONDS });
  t.teardown(() => server.stop('SIGKILL'));
  const init = await runAs(directory, ['fleet:init']);
  if (init.code !== 0) t.regex(init.stderr, /The fleet does not answer: /);
  return init;
}

withTls('a server whose certificate is of the authority and for its name is spoken to over TLS', async (t) => {
  const { code, stderr } = await initOver(t, {});
  t.is(code, 0, stderr);
  t.is((await initOver(t, { names: 'IP:127.0.0.1', url: 'tls://127.0.0.1' })).code, 0);
});

for (const [what, wanted] of [
  ['of another authority', { otherAuthority: true }],
  ['for another name', { names: 'DNS:nats.example.org' }],
  ['for another address', { names: 'IP:127.0.0.9', url: 'tls://127.0.0.1' }],
  ['for localhost at an address', { url: 'tls://127.0.0.1' }],
  ['that has expired', { days: -1 }],
] as const) {
  withTls(`a server with a certificate ${what} is refused`, async (t) => {
    const { code, stderr } = await initOver(t, wanted);
    t.is(code, 1);
    t.regex(stderr, /certificate/i);
  });
}

withTls('a server without TLS is refused at an address that asks for it', async (t) => {
  const { code, stderr } = await initOver(t, { edit: (text) => text.replace(/^tls .*$/m, '') });
  t.is(code, 1);
  t.regex(stderr, /TLS/i);
});

test('a file that holds no certificate is refused, and so is an address without TLS elsewhere', async (t) => {
  const home = temporaryDirectory(t);
  const join_ = (...args: string[]) => runAs(home, ['fleet:join', ...args, '--as', 'reader']);
  t.regex((await join_('tls://localhost', '--ca', '/nowhere')).stderr, /--ca \/nowhere cannot be read: /);
  t.regex((await join_('tls://localhost', '--ca', '/etc/hostname')).stderr, /holds no certificate in PEM/);
  t.regex((await join_('nats://nats.example.org')).stderr, /has no TLS/);
});

test('a host that joins again keeps its id and key', async (t) => {
  const home = temporaryDirectory(t);
  const join_ = async (input = ''): Promise<string> => {
    const { stdout } = await runAs(home, ['fleet:join', 'nats://127.0.0.1:1', '--as', 'reader'], input);
    return /^reader\/\S+$/m.exec(stdout)?.[0] ?? '';
  };
  const first = await join_();
  t.regex(first, /^reader\/.*\/U/);
  t.is(await join_(), first);
});
