import type { Host } from '../../host/dokku/environment';
import { reasonOf } from '../../host/failure';
import { random } from '../../host/system/random';
import { backOff } from '../../subscribers/fleet/backOff';
import { connectFleet } from '../../subscribers/fleet/connect';
import { EngineAway } from '../../subscribers/fleet/engine';
import type { Mirror } from '../../subscribers/fleet/mirror';
import type { NatsFleet } from '../../subscribers/fleet/natsEngine';
import { readJoined, settingsDirectory } from '../../subscribers/fleet/settings';

/** How long to wait for more when something has come, and how long at most for anything. */
const GATHER_MS = 100;
const LONGEST_MS = 30_000;

/**
 * Keeps the mirror up to date and calls `look` after each time, until SIGINT, SIGTERM or SIGHUP comes. `first` is a connection that is there
 * already. When the connection is lost it is made again.
 */
export async function followFleet(
  host: Host,
  mirror: Mirror,
  first: NatsFleet | undefined,
  warn: (message: string) => void,
  look: () => void,
): Promise<void> {
  const joined = readJoined(settingsDirectory(host, 'reader', process.env), 'reader');
  const stopped = { yet: false, wake: (): void => undefined };
  const stop = (): void => {
    stopped.yet = true;
    stopped.wake();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      stopped.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (stopped.yet) stopped.wake();
    });
  let fleet = first;
  try {
    for (let failures = 0; !stopped.yet;) {
      try {
        fleet ??= await connectFleet(joined);
        const lost = { yet: false };
        let news = true;
        void fleet.closed.then(() => {
          lost.yet = true;
          stopped.wake();
        });
        fleet.onNews(() => {
          news = true;
          stopped.wake();
        });
        while (!stopped.yet && !lost.yet) {
          if (!news) await rest(LONGEST_MS);
          if (stopped.yet) break;
          if (news) await rest(GATHER_MS);
          news = false;
          await mirror.refresh(fleet, Date.now(), warn);
          if (failures > 0) warn('The fleet answers again');
          failures = 0;
          look();
        }
        if (lost.yet) throw new EngineAway('the connection was lost');
      } catch (error) {
        if (!(error instanceof EngineAway)) throw error;
        if (failures === 0) warn(`The fleet does not answer: ${reasonOf(error)}`);
        failures += 1;
        await fleet?.close();
        fleet = undefined;
        await rest(backOff(failures - 1, random));
      }
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    await fleet?.close();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
