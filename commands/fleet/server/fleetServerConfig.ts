import { readFileSync } from 'node:fs';

import { defineCommand } from '../../definition/command';
import { aValue } from '../../definition/flags';
import { maybeWord, ofFleet } from '../fleetFlags';
import { Failure, printable } from '../../../host/failure';
import { parseMember, serverConfiguration } from '../../../subscribers/fleet/nats/serverConfiguration';

const text = (value: string): string => value;

/** Members are the lines that `fleet:join` prints. */
export const fleetServerConfig = defineCommand({
  description: 'Print a configuration for nats-server with the rights of everybody who has joined',
  args: {
    members: maybeWord(
      '<members>',
      'the lines that fleet:join has printed, with commas between them; with - they come from stdin',
    ),
  },
  flags: {
    name: aValue('<name>', 'of the server', text),
    listen: aValue('<address>', 'where it listens', text),
    store: aValue('<dir>', 'where it keeps the streams', text),
    tlsCert: aValue('<file>', 'its certificate; without one it listens on loopback only', text, { completes: 'file' }),
    tlsKey: aValue('<file>', 'the key of the certificate', text, { completes: 'file' }),
    cluster: aValue('<name>', 'of the cluster that it is part of', text),
    clusterListen: aValue('<address>', 'where it listens for the other servers', text),
    routes: aValue('<urls>', 'where the other servers listen, with commas between them', text),
  },
  example: '- --store /var/lib/nats',
  ...ofFleet,
  run({ output, args, flags }) {
    const members = readMembers(args.members ?? '').map((line) => {
      const member = parseMember(line);
      if (member !== undefined) return member;
      throw new Failure(`"${printable(line)}" is no line that fleet:join prints (such as host/01J.../UA...)`);
    });
    const doubled = members.find(({ id, key }, place) =>
      members.some((other, at) => at < place && (other.id === id || other.key === key)),
    );
    if (doubled !== undefined)
      throw new Failure(`${doubled.id} is there twice: each host and reader has a key of its own`);
    const { tlsCert: certificate, tlsKey: key } = flags;
    if ((certificate === undefined) !== (key === undefined)) throw new Failure('--tls-cert and --tls-key go together');
    const listen = flags.listen ?? (certificate === undefined ? '127.0.0.1:4222' : '0.0.0.0:4222');
    if (certificate === undefined && !/^(localhost|127\.[0-9.]+|\[::1\]):\d+$/.test(listen))
      throw new Failure(`${printable(listen)} is not a loopback address: --tls-cert and --tls-key are needed`);
    const { cluster } = flags;
    output.raw(
      serverConfiguration({
        members,
        name: flags.name ?? 'dkb-1',
        listen,
        store: flags.store ?? '/var/lib/nats',
        tls: certificate === undefined || key === undefined ? undefined : { certificate, key },
        cluster:
          cluster === undefined
            ? undefined
            : {
                name: cluster,
                listen: flags.clusterListen ?? '0.0.0.0:6222',
                routes: (flags.routes ?? '').split(',').filter((route) => route !== ''),
              },
      }),
    );
    return undefined;
  },
});

function readMembers(words: string): string[] {
  const lines = words === '-' ? readFileSync(0, 'utf8') : words;
  return lines.split(/[\s,]+/).filter((line) => line !== '');
}
