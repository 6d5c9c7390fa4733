import { defineCommand } from '../definition/command';
import { asRole, ofFleet } from './fleetFlags';
import { reasonOf } from '../../host/failure';
import { withFleet } from '../../subscribers/fleet/nats/connect';
import { Session } from '../../subscribers/fleet/agent/session';
import { AGENT_TIMES } from '../../subscribers/fleet/agent/agent';
import { readJoined, readSettings, removeSettings, settingsDirectory } from '../../subscribers/fleet/settings';
import { publishedHost } from './joined';

/** The journals that were published stay in the stream. */
export const fleetLeave = defineCommand({
  description: 'Publish what is not published yet and leave the fleet',
  args: {},
  flags: { as: asRole },
  example: '',
  ...ofFleet,
  async run({ host, output, flags: { as: role = 'host' } }) {
    const directory = settingsDirectory(host, role, process.env);
    const settings = readSettings(directory);
    if (settings === undefined) {
      output.step('No fleet was joined here');
      return undefined;
    }
    if (role === 'host') {
      try {
        const joined = readJoined(directory, role);
        const about = { ...publishedHost(host, joined), ...AGENT_TIMES, warn: output.warn };
        await withFleet(joined, async (fleet) => {
          const session = new Session(fleet, about);
          session.lookAt();
          await session.publish(); // what is not published now never will be; and the host still has these journals
          await session.tellHost({ left: true });
        });
      } catch (error) {
        output.warn(`The fleet was not told: ${reasonOf(error)}`); // as by a copy of a machine, which cannot publish
      }
    }
    removeSettings(directory);
    output.step(
      role === 'host'
        ? `${settings.name} has left the fleet; what it published stays there`
        : `${settings.name} is no longer ${role} of the fleet; its key was removed from here`,
    );
    if (role === 'host') output.note('Stop the agent: systemctl disable --now dokku-builds-fleet.service');
    return undefined;
  },
});
