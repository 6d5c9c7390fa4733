import { defineCommand } from '../../definition/command';
import { aText } from '../../definition/flags';
import { readStdin } from '../../shared/readStdin';
import { maybeWord, ofFleet } from '../fleetFlags';
import { Failure, printable } from '../../../host/failure';
import type { Output } from '../../../host/terminal/output';
import { parseMember, serverConfiguration } from '../../../subscribers/fleet/nats/serverConfiguration';

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

async function readMembers(output: Output, words: string): Promise<string[]> {
  const text = words === '-' ? withoutMessages(await readStdin(output, 'what fleet:join printed')) : words;
  return text.split(/[\s,]+/).filter((line) => line !== '');
}

/** The lines of `text`, which may be all that `fleet:join` printed, that are no message or comment. */
function withoutMessages(text: string): string {
  return text.replace(/^(?:-----> | !? {5}|#).*$/gm, '');
}
