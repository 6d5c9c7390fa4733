import { defineCommand } from '../definition/command';
import { asRole, ofFleet } from './fleetFlags';
import type { Host } from '../../host/dokku/environment';
import { reasonOf } from '../../host/failure';
import type { Output } from '../../host/terminal/output';
import { withFleet } from '../../subscribers/fleet/nats/connect';
import { Session } from '../../subscribers/fleet/agent/session';
import { AGENT_TIMES } from '../../subscribers/fleet/agent/agent';
import {
  DamagedSettings,
  type FleetSettings,
  readJoined,
  readSettings,
  removeSettings,
  settingsDirectory,
} from '../../subscribers/fleet/settings';
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
    let settings: FleetSettings | undefined;
    try {
      settings = readSettings(directory);
    } catch (error) {
      if (!(error instanceof DamagedSettings)) throw error;
      removeSettings(directory);
      output.step('The damaged settings and the key were removed from here; the fleet does not show that it left');
      return 1;
    }
    if (settings === undefined) {
      output.step('No fleet was joined here');
      return undefined;
    }
    const { name } = settings;
    if (role !== 'host') {
      removeSettings(directory);
      output.step(`${name} is no longer ${role} of the fleet; its key was removed from here`);
      return undefined;
    }
    const published = await publishRest(host, output, directory);
    removeSettings(directory); // a host can always leave
    output.step(LEFT_TEXT[published](name));
    output.note('Stop the agent: systemctl disable --now dokku-builds-fleet.service');
    return published === 'everything' ? 0 : 1;
  },
});

const LEFT_TEXT = {
  everything: (name: string) => `${name} has left the fleet; what it published stays there`,
  'not everything': (name: string) =>
    `${name} has left the fleet; what it published stays there, without the newest events of the apps above`,
  'maybe nothing': (name: string) =>
    `The key of ${name} was removed from here; the fleet may lack its newest events, and does not show that it left`,
};

/**
 * Publishes the rest of the journals, and the notice that this host leaves. This is the last chance to publish; the
 * journals stay on the host. Returns how much was published.
 */
async function publishRest(host: Host, output: Output, directory: string): Promise<keyof typeof LEFT_TEXT> {
  let failed = 0;
  try {
    const joined = readJoined(directory, 'host');
    const warn = (message: string): void => {
      failed += 1;
      output.warn(`Not published: ${message}`);
    };
    await withFleet(joined, async (fleet) => {
      const session = new Session(fleet, { ...publishedHost(host, joined), ...AGENT_TIMES, warn });
      session.check();
      await session.publish();
      await session.publishHost({ left: true });
    });
    return failed === 0 ? 'everything' : 'not everything';
  } catch (error) {
    output.warn(`The fleet was not told: ${reasonOf(error)}`); // a copy of a machine, for example, cannot publish
    return 'maybe nothing';
  }
}
