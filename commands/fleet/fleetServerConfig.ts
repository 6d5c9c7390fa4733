import { parseArguments } from '../../host/arguments';
import type { Call } from '../../host/call';
import { Failure, printable } from '../../host/failure';
import { parseMember, serverConfiguration } from '../../subscribers/fleet/serverConfiguration';

/**
 * `fleet:server-config <member>... [--name N] [--listen A] [--store DIR] [--tls-cert F --tls-key F] [--cluster N --cluster-listen A --routes R,R]`:
 * a configuration for `nats-server -c`. Members are the lines that `fleet:join` prints.
 */
export function fleetServerConfig({ output, args }: Call): undefined {
  const { positionals, values } = parseArguments(args, {
    name: 'value',
    listen: 'value',
    store: 'value',
    'tls-cert': 'value',
    'tls-key': 'value',
    cluster: 'value',
    'cluster-listen': 'value',
    routes: 'value',
  });
  const members = positionals.map((text) => {
    const member = parseMember(text);
    if (member !== undefined) return member;
    throw new Failure(`"${printable(text)}" is no line that fleet:join prints (such as host/01J.../UA...)`);
  });
  const doubled = members.find(({ id, key }, place) =>
    members.some((other, at) => at < place && (other.id === id || other.key === key)),
  );
  if (doubled !== undefined)
    throw new Failure(`${doubled.id} is there twice: each host and reader has a key of its own`);
  const [certificate, key] = [values['tls-cert'], values['tls-key']];
  if ((certificate === undefined) !== (key === undefined)) throw new Failure('--tls-cert and --tls-key go together');
  const listen = values['listen'] ?? (certificate === undefined ? '127.0.0.1:4222' : '0.0.0.0:4222');
  if (certificate === undefined && !/^(localhost|127\.[0-9.]+|\[::1\]):\d+$/.test(listen))
    throw new Failure(`${printable(listen)} is not a loopback address: --tls-cert and --tls-key are needed`);
  const cluster = values['cluster'];
  output.raw(
    serverConfiguration({
      members,
      name: values['name'] ?? 'dkb-1',
      listen,
      store: values['store'] ?? '/var/lib/nats',
      tls: certificate === undefined || key === undefined ? undefined : { certificate, key },
      cluster:
        cluster === undefined
          ? undefined
          : {
              name: cluster,
              listen: values['cluster-listen'] ?? '0.0.0.0:6222',
              routes: (values['routes'] ?? '').split(',').filter((route) => route !== ''),
            },
    }),
  );
}
