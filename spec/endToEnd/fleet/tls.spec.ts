import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';

import test, { type ExecutionContext } from 'ava';

import { freePort, startNatsServer } from '../../../scripts/fleet/natsServer';
import { newMember } from '../../../scripts/fleet/newMember';
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

withTls('servers of a cluster admit only each other', async (t) => {
  t.timeout(120_000);
  const directory = temporaryDirectory(t);
  const authority = makeAuthority(directory, 'authority');
  const ports = [await freePort(), await freePort()] as const;
  const url = `tls://localhost:${ports[0]}`;
  const joining = await runAs(directory, ['fleet:join', url, '--ca', authority.certificate]);
  const line = /^host\/\S+$/m.exec(joining.stdout)?.[0] ?? '';
  const clusterPorts = [await freePort(), await freePort()] as const;
  for (const [at, port] of ports.entries()) {
    const own = join(directory, `server${at}`);
    const { certificate, key } = authority.sign(`server${at}`, 'DNS:localhost');
    const tls = ['--tls-cert', certificate, '--tls-key', key, '--cluster-ca', authority.certificate];
    const routes = clusterPorts.map((other) => `tls://localhost:${other}`).join(',');
    const cluster = ['--cluster', 'fleet', '--cluster-listen', `127.0.0.1:${clusterPorts[at]}`, '--routes', routes];
    const place = ['--name', `server${at}`, '--store', join(own, 'store')];
    const printed = await runAs(directory, ['fleet:server-config', line, ...place, ...tls, ...cluster]);
    const configuration = printed.stdout;
    const server = await startNatsServer({ directory: own, program, port, configuration, seconds: SERVER_SECONDS });
    t.teardown(() => server.stop('SIGKILL'));
  }
  const both = /Servers: +server0 .*; server1 /;
  for (let tries = 1; !both.test((await runAs(directory, ['fleet:status'])).stdout); tries += 1)
    if (tries === 60) return t.fail('the servers form no cluster');
  const stranger = makeAuthority(directory, 'other').sign('stranger', 'DNS:localhost');
  const [cert, key] = [readFileSync(stranger.certificate), readFileSync(stranger.key)];
  for (const own of [{}, { cert, key }]) {
    const socket = connect({ port: clusterPorts[0], rejectUnauthorized: false, ...own });
    const [error] = (await once(socket, 'error')) as [Error];
    t.regex(error.message, /certificate required|unknown ca|unknown certificate authority|bad certificate/i);
  }
  return undefined;
});

test('fleet:server-config refuses a server that admits everybody, and one that admits nobody', async (t) => {
  const home = temporaryDirectory(t);
  const { role, id, key } = newMember('host');
  const config = (...flags: string[]) => runAs(home, ['fleet:server-config', `${role}/${id}/${key}`, ...flags]);
  const tls = ['--tls-cert', 'a', '--tls-key', 'b'];
  for (const [flags, reason] of [
    [['--listen', '0.0.0.0:4222'], /0\.0\.0\.0:4222 is not a loopback address: --tls-cert and --tls-key are needed/],
    [['--listen', 'here', ...tls], /Invalid address "here"/],
    [['--cluster', 'c', ...tls], /Servers of a cluster trust each other, so they need certificates/],
    [['--cluster', 'c', '--cluster-ca', 'c'], /Servers of a cluster trust each other, so they need certificates/],
    [['--routes', 'nats://a:6222'], /need --cluster/],
  ] as const) {
    const { code, stdout, stderr } = await config(...flags);
    t.deepEqual([code, stdout], [1, ''], flags.join(' '));
    t.regex(stderr, reason);
  }
  t.is((await config('--cluster', 'c', '--cluster-listen', '127.0.0.1:6222')).code, 0);
  t.regex((await runAs(home, ['fleet:server-config', '-'])).stderr, /Please specify <members>/);
});

test('a file that holds no certificate is refused, and so is an address without TLS elsewhere', async (t) => {
  const home = temporaryDirectory(t);
  const join_ = (...args: string[]) => runAs(home, ['fleet:join', ...args, '--as', 'reader']);
  t.regex((await join_('tls://localhost', '--ca', '/nowhere')).stderr, /--ca \/nowhere cannot be read: /);
  t.regex((await join_('tls://localhost', '--ca', '/etc/hostname')).stderr, /holds no certificate in PEM/);
  t.regex((await join_('nats://nats.example.org')).stderr, /has no TLS/);
  t.regex((await join_('tls://localhost:65536')).stderr, /Invalid address "tls:\/\/localhost:65536"/);
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
