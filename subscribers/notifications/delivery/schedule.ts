import { Lane, type Waiting } from './lane';

/** How long a lane waits after its receiver has not taken a notification. Times in ms since the epoch. */
export interface Pause {
  /** Waiting notifications are not tried before that time, new ones are. */
  readonly until: number;
  /** No notification is tried before that time, because the receiver asked for it. */
  readonly closedUntil: number;
}

/** How many notifications may be on their way to one receiver at once. */
const MOST_AT_ONCE = 8;

/**
 * When each waiting notification is tried. Notifications with the same destination form a {@link Lane}. Lanes do not
 * affect each other.
 */
export class Schedule {
  readonly #lanes = new Map<string, Lane>();
  readonly #inOrder: string;
  #size = 0;

  /** In the lane `inOrder` one notification at a time is on its way. */
  constructor(inOrder: string) {
    this.#inOrder = inOrder;
  }

  /** How many notifications wait or are on their way. */
  get size(): number {
    return this.#size;
  }

  /** Adds a notification to the lane `key`; `isNew`: it is about an event that just happened. */
  add(key: string, waiting: Waiting, isNew: boolean): void {
    let lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, (lane = new Lane(key === this.#inOrder ? 1 : MOST_AT_ONCE)));
    lane.add(waiting);
    if (isNew) lane.pausedUntil = 0;
    this.#size += 1;
  }

  /**
   * The next notification to be tried at `now`, with the key of its lane; undefined if none is due. It is on its way
   * then.
   */
  take(now: number): { key: string; waiting: Waiting } | undefined {
    for (const [key, lane] of this.#lanes) {
      const waiting = lane.take(now);
      if (waiting !== undefined) return { key, waiting };
    }
    return undefined;
  }

  /**
   * When {@link take} has something to return, ms since the epoch, unless something else happens before; Infinity if
   * never.
   */
  wakeAt(): number {
    return Math.min(...[...this.#lanes.values()].map((lane) => lane.wakeAt()));
  }

  /** A notification that was on its way is done: delivered, or not wanted any more. */
  finished(key: string): void {
    this.#size -= 1;
    const lane = this.#lanes.get(key);
    if (lane === undefined) return;
    lane.onItsWay -= 1;
    lane.isTaking = true;
    lane.failures = 0;
    lane.pausedUntil = 0;
    if (lane.isEmpty) this.#lanes.delete(key);
  }

  /** How often the lane has failed in a row. */
  failuresOf(key: string): number {
    return this.#lanes.get(key)?.failures ?? 0;
  }

  /** A notification that was on its way was not taken. It waits again as `postponed`. */
  failed(key: string, postponed: Waiting, pause: Pause): void {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return;
    lane.onItsWay -= 1;
    lane.isTaking = false;
    lane.failures += 1;
    lane.pausedUntil = pause.until;
    lane.closedUntil = Math.max(lane.closedUntil, pause.closedUntil);
    lane.add(postponed);
  }

  /** Removes the waiting notifications of the lane that are `unwanted`, and returns them. */
  remove(key: string, unwanted: (waiting: Waiting) => boolean): Waiting[] {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return [];
    const removed = lane.remove(unwanted);
    this.#size -= removed.length;
    if (lane.isEmpty) this.#lanes.delete(key);
    return removed;
  }

  /** Moves waiting notifications to the lanes that `keyOf` gives. Those that move are due at once. */
  rearrange(keyOf: (waiting: Waiting) => string): void {
    for (const key of [...this.#lanes.keys()]) {
      for (const waiting of this.remove(key, (one) => keyOf(one) !== key))
        this.add(keyOf(waiting), { ...waiting, next: 0 }, true);
    }
  }
}
