import { setTimeout as wait } from 'node:timers/promises';

import type { ExecutionContext } from 'ava';

import type { NatsFleet } from '../../../subscribers/fleet/nats/natsFleet';

const LONGEST_WAIT_MS = 300_000;

/**
 * Asks `done` whenever something was published, until it is true. What is published is not stored yet: hence once more
 * a moment later. If nothing is published, nothing wakes the test: then it fails, and says that it waited until
 * `what`.
 */
export async function untilPublished(
  t: ExecutionContext,
  reading: NatsFleet,
  what: string,
  done: () => Promise<boolean>,
): Promise<void> {
  t.timeout(LONGEST_WAIT_MS, `waited in vain until ${what}`);
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
