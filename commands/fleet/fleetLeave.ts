import { parseArguments } from '../../host/arguments';
import type { Call } from '../../host/call';
import { Failure, printable, reasonOf } from '../../host/failure';
import { buildsRoot } from '../../host/dokku/paths';
import { connectFleet } from '../../subscribers/fleet/connect';
import { Session } from '../../subscribers/fleet/session';
import { AGENT_TIMES } from '../../subscribers/fleet/agent';
import {
  readJoined,
  readSettings,
  removeSettings,
  type Role,
  settingsDirectory,
} from '../../subscribers/fleet/settings';
import { refuseSurplus } from '../shared/positionals';
import { programVersion } from './programVersion';

/** `fleet:leave [--as host|reader|administrator]`: what was published stays in the stream. */
export async function fleetLeave({ host, output, args }: Call): Promise<undefined> {
  const { positionals, values } = parseArguments(args, { as: 'value' });
  refuseSurplus(positionals, 0);
  const role = (values['as'] ?? 'host') as Role;
  if (!['host', 'reader', 'administrator'].includes(role))
    throw new Failure(`Invalid --as value "${printable(role)}" (allowed: host, reader, administrator)`);
  const directory = settingsDirectory(host, role, process.env);
  const settings = readSettings(directory);
  if (settings === undefined) {
    output.step('Nothing is known of a fleet here');
    return;
  }
  if (role === 'host') {
    try {
      const joined = readJoined(directory, role);
      const fleet = await connectFleet(joined);
      const options = { host: joined.id, name: joined.name, program: programVersion(), buildsRoot: buildsRoot(host) };
      await new Session(fleet, { ...options, ...AGENT_TIMES, warn: output.warn }).tellHost({ left: true });
      await fleet.close();
    } catch (error) {
      output.warn(`The fleet was not told: ${reasonOf(error)}`); // a copy of a machine has nothing to tell
    }
  }
  removeSettings(directory);
  output.step(`${settings.name} has left the fleet; what it published stays there`);
  if (role === 'host') output.verbose('Stop the agent: systemctl disable --now dokku-builds-fleet.service');
}
