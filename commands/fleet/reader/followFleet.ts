import type { Host } from '../../../host/dokku/environment';
import { reasonOf, type Warn } from '../../../host/failure';
import { Alarm } from '../../../host/system/alarm';
import { backOff } from '../../../subscribers/backOff';
import { connectFleet } from '../../../subscribers/fleet/nats/connect';
import { EngineAway, LONGEST_PAUSE_MS } from '../../../subscribers/fleet/engine';
import type { Mirror } from '../../../subscribers/fleet/mirror/mirror';
import { MirrorInUse } from '../../../subscribers/fleet/mirror/mirrorLock';
import type { NatsFleet } from '../../../subscribers/fleet/nats/natsFleet';
import { joinedAs } from '../joined';

/** How long to wait for more news after the first, and how long at most for any. */
const GATHER_MS = 100;
const LONGEST_MS = 30_000;

/** News arrive a moment before the server has stored the pieces. After this time they can be read. */
const STORED_MS = 1000;

/**
 * Keeps the mirror up to date, and calls `look` after each update, until SIGINT, SIGTERM or SIGHUP. `first` is a
 * connection that is already open. A lost connection is made again.
 */
export async function followFleet(
  host: Host,
  mirror: Mirror,
  first: NatsFleet | undefined,
  warn: Warn,
  look: (fleet: NatsFleet) => void | Promise<void>,
): Promise<void> {
  const joined = joinedAs(host, 'reader');
  const alarm = new Alarm();
  for (const signal of SIGNALS) process.on(signal, alarm.stop);
  let fleet = first;
  let said = '';
  try {
    for (let failures = 1; !alarm.isStopped(); failures += 1) {
      try {
        fleet ??= await connectFleet(joined);
        await follow(mirror, fleet, alarm, warn, async (connected) => {
          if (said !== '') warn('The fleet answers again');
          said = '';
          failures = 1;
          await look(connected);
        });
      } catch (error) {
        if (!(error instanceof EngineAway)) throw error;
        if (said === '') warn(`The fleet does not answer: ${reasonOf(error)}`);
        said = reasonOf(error);
        await fleet?.close();
        fleet = undefined;
        await alarm.sleep(backOff(failures, LONGEST_PAUSE_MS, Math.random()));
      }
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, alarm.stop);
    await fleet?.close();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Reads new pieces until `alarm` is stopped. Rejects with `EngineAway` when the connection is lost. */
async function follow(
  mirror: Mirror,
  fleet: NatsFleet,
  alarm: Alarm,
  warn: Warn,
  onRead: (fleet: NatsFleet) => Promise<void>,
): Promise<void> {
  void fleet.closed.then(alarm.ring);
  fleet.onNews(alarm.ring);
  alarm.ring();
  let longest = LONGEST_MS;
  while (!alarm.isStopped()) {
    await alarm.rest(longest);
    const rung = alarm.hasRung();
    if (rung) await alarm.sleep(GATHER_MS);
    longest = rung ? STORED_MS : LONGEST_MS;
    if (alarm.isStopped()) return;
    try {
      await mirror.refresh(fleet, Date.now(), warn);
      await onRead(fleet);
    } catch (error) {
      if (!(error instanceof MirrorInUse)) throw error;
      alarm.ring(); // another process is reading: try again
    }
  }
}
