import { defineCommand } from '../../definition/command';
import { ofFleet } from '../fleetFlags';
import { AGENT_TIMES, runAgent } from '../../../subscribers/fleet/agent/agent';
import { connectFleet } from '../../../subscribers/fleet/nats/connect';
import { joinedAs, publishedHost } from '../joined';

/** Runs until SIGTERM, SIGINT or SIGHUP. */
export const fleetAgent = defineCommand({
  description: 'Publish the journals of this host as they grow',
  args: {},
  flags: {},
  example: '',
  ...ofFleet,
  async run({ host, output }) {
    const joined = joinedAs(host, 'host');
    const end = new AbortController();
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => end.abort());
    output.step(`Publishing the builds of ${joined.name}`);
    output.flush();
    await runAgent(
      {
        connect: () => connectFleet(joined),
        ...publishedHost(host, joined),
        warn: output.warn,
        ...AGENT_TIMES,
      },
      end.signal,
    );
    return undefined;
  },
});
