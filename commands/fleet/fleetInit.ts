import { parseArguments } from '../../host/arguments';
import type { Call } from '../../host/call';
import { Failure, printable, reasonOf } from '../../host/failure';
import { connectFleet, readServers } from '../../subscribers/fleet/connect';
import { EngineAway } from '../../subscribers/fleet/engine';
import { makeStreams } from '../../subscribers/fleet/natsStreams';
import { readJoined, settingsDirectory } from '../../subscribers/fleet/settings';
import { refuseSurplus } from '../shared/positionals';

/** `fleet:init [--replicas N]`: makes the streams. Refuses servers that acknowledge before they sync. */
export async function fleetInit({ host, output, args }: Call): Promise<undefined> {
  const { positionals, values } = parseArguments(args, { replicas: 'value' });
  refuseSurplus(positionals, 0);
  const replicas = values['replicas'] ?? '1';
  if (!/^[135]$/.test(replicas))
    throw new Failure(`Invalid --replicas value "${printable(replicas)}" (allowed: 1, 3, 5)`);
  const joined = readJoined(settingsDirectory(host, 'administrator', process.env), 'administrator');
  try {
    const fleet = await connectFleet(joined);
    const servers = await readServers(fleet);
    const careless = servers.filter(({ durable }) => !durable).map(({ name }) => name);
    if (careless.length > 0)
      throw new Failure(`${careless.join(', ')}: acknowledges before it is on disk; set "sync_interval: always"`);
    if (servers.length === 0) output.warn('Whether the servers sync before they acknowledge cannot be seen');
    for (const { name, made } of await makeStreams(fleet, Number(replicas)))
      output.step(`${name}: ${made ? 'made' : 'was there'}`);
    await fleet.close();
  } catch (error) {
    if (error instanceof EngineAway) throw new Failure(`The fleet does not answer: ${reasonOf(error)}`);
    throw error;
  }
}
