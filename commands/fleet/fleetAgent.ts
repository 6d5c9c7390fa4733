import type { Call } from '../../host/call';
import { buildsRoot } from '../../host/dokku/paths';
import { parseArguments } from '../../host/arguments';
import { AGENT_TIMES, runAgent } from '../../subscribers/fleet/agent';
import { connectFleet } from '../../subscribers/fleet/connect';
import { readJoined, settingsDirectory } from '../../subscribers/fleet/settings';
import { refuseSurplus } from '../shared/positionals';
import { programVersion } from './programVersion';

/** `fleet:agent`: publishes the journals of this host until SIGTERM, SIGINT or SIGHUP. */
export async function fleetAgent({ host, output, args }: Call): Promise<undefined> {
  refuseSurplus(parseArguments(args, {}).positionals, 0);
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
}
