import { setTimeout as wait } from 'node:timers/promises';

import type { NatsFleet } from '../../../subscribers/fleet/nats/natsFleet';

/**
 * Asks `done` whenever something was published, until it is true. What is published is not stored yet: hence once more
 * a moment later.
 */
export async function untilPublished(reading: NatsFleet, done: () => Promise<boolean>): Promise<void> {
  let wake: () => void = () => undefined;
  reading.onNews(() => wake());
  for (;;) {
    const news = new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (await done()) return;
    await wait(100);
    if (await done()) return;
    await news;
  }
}
