import { defineCommand } from '../../definition/command';
import { ofFleet } from '../fleetFlags';
import { Failure, reasonOf } from '../../../host/failure';
import { counted } from '../../../host/printable';
import { AGENT_TIMES } from '../../../subscribers/fleet/agent/agent';
import { withFleet } from '../../../subscribers/fleet/nats/connect';
import { EngineAway } from '../../../subscribers/fleet/engine';
import { Session } from '../../../subscribers/fleet/agent/session';
import { joinedAs, publishedHost } from '../joined';

/** For hosts without an agent. */
export const fleetPush = defineCommand({
  description: 'Publish new events once',
  args: {},
  flags: {},
  example: '',
  ...ofFleet,
  async run({ host, output }) {
    const joined = joinedAs(host, 'host');
    let failed = 0;
    try {
      await withFleet(joined, async (fleet) => {
        const session = new Session(fleet, {
          ...publishedHost(host, joined),
          everySeconds: AGENT_TIMES.everySeconds,
          warn(message) {
            failed += 1;
            output.warn(message);
          },
        });
        session.check();
        const { pieces, bytes, journals } = await session.publish();
        await session.publishHost();
        const what = counted(journals, 'journal');
        output.step(pieces === 0 ? 'Nothing new' : `Published ${bytes} bytes of ${what} in ${pieces} pieces`);
      });
    } catch (error) {
      if (error instanceof EngineAway) throw new Failure(`The fleet does not answer: ${reasonOf(error)}`);
      throw error;
    }
    return failed > 0 ? 1 : 0;
  },
});
