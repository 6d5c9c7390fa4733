import { defineCommand } from '../../definition/command';
import { ofFleet } from '../fleetFlags';
import { buildsRoot } from '../../../host/dokku/paths';
import { AGENT_TIMES, runAgent } from '../../../subscribers/fleet/agent/agent';
import { connectFleet } from '../../../subscribers/fleet/nats/connect';
import { readJoined, settingsDirectory } from '../../../subscribers/fleet/settings';
import { programVersion } from '../programVersion';

/** Runs until SIGTERM, SIGINT or SIGHUP. */
export const fleetAgent = defineCommand({
  description: 'Publish the journals of this host as they grow',
  args: {},
  flags: {},
  example: '',
  ...ofFleet,
  async run({ host, output }) {
    const joined = readJoined(settingsDirectory(host, 'host', process.env), 'host');
    const end = new AbortController();
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => end.abort());
    output.step(`Publishing the builds of ${joined.name}`);
    output.flush();
    await runAgent(
      {
        connect: () => connectFleet(joined),
        host: joined.id,
        name: joined.name,
        program: programVersion(),
        buildsRoot: buildsRoot(host),
        warn: output.warn,
        ...AGENT_TIMES,
      },
      end.signal,
    );
    return undefined;
  },
});
