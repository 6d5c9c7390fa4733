import { defineCommand } from '../../definition/command';
import { aText } from '../../definition/flags';
import { readStdin } from '../../shared/readStdin';
import { maybeWord, ofFleet } from '../fleetFlags';
import { isLoopback } from '../loopback';
import { Failure, printable } from '../../../host/failure';
import type { Output } from '../../../host/terminal/output';
import {
  type ClusterPlan,
  parseMember,
  serverConfiguration,
} from '../../../subscribers/fleet/nats/serverConfiguration';

/** Members are the lines that `fleet:join` prints. */
export const fleetServerConfig = defineCommand({
  description: 'Print a configuration for nats-server with the rights of everybody who has joined',
  args: {
    members: maybeWord(
      '<members>',
      'the lines that fleet:join has printed, with commas between them; - reads them from stdin',
    ),
  },
  flags: {
    name: aText('<name>', 'the name of the server'),
    listen: aText('<address>', 'the address where it listens'),
    store: aText('<dir>', 'where it keeps the streams'),
    tlsCert: aText('<file>', 'its certificate; without one it listens on loopback only', 'file'),
    tlsKey: aText('<file>', 'the key of the certificate', 'file'),
    cluster: aText('<name>', 'the name of its cluster'),
    clusterListen: aText('<address>', 'where it listens for the other servers'),
    clusterCa: aText('<file>', 'the authority that signed the certificates of its servers, and no others', 'file'),
    routes: aText('<urls>', 'where the other servers listen, with commas between them'),
  },
  example: '- --store /var/lib/nats',
  ...ofFleet,
  async run({ output, args, flags }) {
    const members = (await readMembers(output, args.members ?? '')).map((line) => {
      const member = parseMember(line);
      if (member !== undefined) return member;
      throw new Failure(`"${printable(line)}" is not a line that fleet:join prints (such as host/01J.../UA...)`);
    });
    if (members.length === 0) throw new Failure('Please specify <members>: the lines that fleet:join has printed');
    const doubled = members.find(({ id, key }, place) =>
      members.some((other, at) => at < place && (other.id === id || other.key === key)),
    );
    if (doubled !== undefined)
      throw new Failure(`${doubled.id} is there twice: each host and reader has a key of its own`);
    const { tlsCert: certificate, tlsKey: key } = flags;
    if ((certificate === undefined) !== (key === undefined)) throw new Failure('--tls-cert and --tls-key go together');
    const tls = certificate === undefined || key === undefined ? undefined : { certificate, key };
    const listen = flags.listen ?? (tls === undefined ? '127.0.0.1:4222' : '0.0.0.0:4222');
    if (!listensOnLoopback(listen) && tls === undefined)
      throw new Failure(`${printable(listen)} is not a loopback address: --tls-cert and --tls-key are needed`);
    output.raw(
      serverConfiguration({
        members,
        name: flags.name ?? 'dkb-1',
        listen,
        store: flags.store ?? '/var/lib/nats',
        tls,
        cluster: clusterOf(flags, tls !== undefined),
      }),
    );
    return undefined;
  },
});

interface ClusterFlags {
  readonly cluster: string | undefined;
  readonly clusterListen: string | undefined;
  readonly clusterCa: string | undefined;
  readonly routes: string | undefined;
}

/**
 * A server that connects to the port of the cluster may do everything. So certificates are needed if other machines
 * can reach that port. Throws {@link Failure}.
 */
function clusterOf(flags: ClusterFlags, hasTls: boolean): ClusterPlan | undefined {
  const { cluster: name, clusterListen: listen = '0.0.0.0:6222', clusterCa: authority, routes = '' } = flags;
  if (name === undefined) {
    if (flags.clusterListen ?? authority ?? flags.routes)
      throw new Failure('--cluster-listen, --cluster-ca and --routes need --cluster');
    return undefined;
  }
  const isSecure = hasTls && authority !== undefined;
  if (!isSecure && (!listensOnLoopback(listen) || authority !== undefined))
    throw new Failure(
      `Servers of a cluster trust each other, so they need certificates: ` +
        `--tls-cert, --tls-key and --cluster-ca, unless --cluster-listen is a loopback address`,
    );
  return { name, listen, routes: routes.split(',').filter((route) => route !== ''), authority };
}

/** Throws {@link Failure} if `address` is not a host with a port. */
function listensOnLoopback(address: string): boolean {
  const [, host] = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/.exec(address) ?? [];
  if (host === undefined) throw new Failure(`Invalid address "${printable(address)}": must be like 127.0.0.1:4222`);
  return isLoopback(host);
}

async function readMembers(output: Output, words: string): Promise<string[]> {
  const text = words === '-' ? withoutMessages(await readStdin(output, 'what fleet:join printed')) : words;
  return text.split(/[\s,]+/).filter((line) => line !== '');
}

/** The lines of `text`, which may be all that `fleet:join` printed, that are no message or comment. */
function withoutMessages(text: string): string {
  return text.replace(/^(?:-----> | !? {5}|#).*$/gm, '');
}
