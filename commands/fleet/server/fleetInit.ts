import { defineCommand } from '../../definition/command';
import { aChoice } from '../../definition/flags';
import { ofFleet } from '../fleetFlags';
import { Failure, reasonOf } from '../../../host/failure';
import { counted } from '../../../host/printable';
import { readServers, withFleet } from '../../../subscribers/fleet/nats/connect';
import { EngineAway } from '../../../subscribers/fleet/engine';
import { makeStreams } from '../../../subscribers/fleet/nats/natsStreams';
import { joinedAs } from '../joined';

/** Refuses servers that acknowledge before they sync. */
export const fleetInit = defineCommand({
  description: 'Make the streams of a fleet',
  args: {},
  flags: {
    replicas: aChoice(
      ['1', '3', '5'],
      'how many servers of a cluster keep each piece; by default 1, or as many as before',
    ),
  },
  example: '--replicas 3',
  ...ofFleet,
  async run({ host, output, flags: { replicas } }) {
    const joined = joinedAs(host, 'administrator');
    try {
      await withFleet(joined, async (fleet) => {
        const servers = await readServers(fleet);
        const careless = servers.filter(({ durable }) => !durable).map(({ name }) => name);
        if (careless.length > 0)
          throw new Failure(`${careless.join(', ')}: acknowledges before it is on disk; set "sync_interval: always"`);
        if (servers.length === 0) output.warn('Whether the servers sync before they acknowledge cannot be seen');
        for (const made of await makeStreams(fleet, replicas === undefined ? undefined : Number(replicas)))
          output.step(`${made.name}: ${made.outcome}, ${counted(made.replicas, 'replica')}`);
      });
    } catch (error) {
      if (error instanceof EngineAway) throw new Failure(`The fleet does not answer: ${reasonOf(error)}`);
      throw error;
    }
    return undefined;
  },
});
