import type { AppName } from '../../../host/dokku/names';
import type { Target } from '../queue/queue';

/** A notification that waits, as much of it as is kept in memory. */
export interface Waiting {
  readonly name: string;
  readonly app: AppName;
  readonly target: Target;
  /** When the event was recorded, ms since the epoch. */
  readonly at: number;
  /** How often it was tried. */
  readonly attempts: number;
  /** It is not to be tried before, ms since the epoch. */
  readonly next: number;
}

/** How a receiver that did not take a notification is to be treated. Times in ms since the epoch. */
export interface Pause {
  /** Nothing that waits is tried before; what comes new is. */
  readonly until: number;
  /** Nothing at all is tried before: the receiver asked for it. */
  readonly closedUntil: number;
}

/** So many notifications that wait for a receiver allow one more to be on its way to it at once. */
const BACKLOG = 100;
const MOST_AT_ONCE = 8;

/**
 * When each of the waiting notifications is tried. Those with the same destination form a lane. A lane has no
 * influence on another one.
 *
 * In a lane, what was never tried goes first, in the order of its age. After a failure the whole lane pauses, so that
 * a receiver that is down is not asked once for each notification. One at a time is on its way, or a few if many wait
 * and the receiver takes them. Adding and taking cost the same however many wait.
 */
export class Schedule {
  readonly #lanes = new Map<string, Lane>();
  readonly #inOrder: string;
  #size = 0;

  /** In the lane `inOrder` it is always one at a time. */
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

  /** One that was on its way was delivered, or nobody wants it any more. */
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

  /** One that was on its way was not taken. It waits again as `postponed`. */
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

  /** Takes out what waits in the lane and is `unwanted`. */
  remove(key: string, unwanted: (waiting: Waiting) => boolean): Waiting[] {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return [];
    const removed = lane.remove(unwanted);
    this.#size -= removed.length;
    if (lane.isEmpty) this.#lanes.delete(key);
    return removed;
  }

  /** Puts what waits into the lanes that `keyOf` gives, where they have changed; it is due at once there. */
  rearrange(keyOf: (waiting: Waiting) => string): void {
    for (const key of [...this.#lanes.keys()]) {
      for (const waiting of this.remove(key, (one) => keyOf(one) !== key))
        this.add(keyOf(waiting), { ...waiting, next: 0 }, true);
    }
  }
}

class Lane {
  readonly #mostAtOnce: number;
  /** Never tried, in the order of their age, from `#first` on. */
  #fresh: Waiting[] = [];
  #first = 0;
  /** Tried in vain, by the time of their next attempt. */
  #tried: Waiting[] = [];
  onItsWay = 0;
  /** The last attempt succeeded. */
  isTaking = false;
  failures = 0;
  pausedUntil = 0;
  closedUntil = 0;

  constructor(mostAtOnce: number) {
    this.#mostAtOnce = mostAtOnce;
  }

  get #waiting(): number {
    return this.#fresh.length - this.#first + this.#tried.length;
  }

  get isEmpty(): boolean {
    return this.#waiting + this.onItsWay === 0;
  }

  add(waiting: Waiting): void {
    if (waiting.attempts === 0) this.#fresh.push(waiting);
    else this.#tried.splice(placeFor(this.#tried, waiting.next), 0, waiting);
  }

  take(now: number): Waiting | undefined {
    if (!this.#hasRoom || now < this.#openAt) return undefined;
    const waiting = this.#takeFresh() ?? this.#takeTried(now);
    if (waiting !== undefined) this.onItsWay += 1;
    return waiting;
  }

  wakeAt(): number {
    if (!this.#hasRoom || this.#waiting === 0) return Infinity;
    return Math.max(this.#openAt, this.#first < this.#fresh.length ? 0 : (this.#tried[0]?.next ?? 0));
  }

  remove(unwanted: (waiting: Waiting) => boolean): Waiting[] {
    const all = [...this.#fresh.slice(this.#first), ...this.#tried];
    const removed = all.filter(unwanted);
    if (removed.length === 0) return removed;
    const gone = new Set(removed);
    this.#fresh = this.#fresh.slice(this.#first).filter((one) => !gone.has(one));
    this.#first = 0;
    this.#tried = this.#tried.filter((one) => !gone.has(one));
    return removed;
  }

  get #hasRoom(): boolean {
    const most = this.isTaking ? Math.min(1 + Math.floor(this.#waiting / BACKLOG), this.#mostAtOnce) : 1;
    return this.onItsWay < most;
  }

  get #openAt(): number {
    return Math.max(this.pausedUntil, this.closedUntil);
  }

  #takeFresh(): Waiting | undefined {
    const waiting = this.#fresh[this.#first];
    if (waiting === undefined) return undefined;
    this.#first += 1;
    if (this.#first > BACKLOG && this.#first * 2 > this.#fresh.length) {
      this.#fresh = this.#fresh.slice(this.#first); // rarely enough that taking stays cheap
      this.#first = 0;
    }
    return waiting;
  }

  #takeTried(now: number): Waiting | undefined {
    const [first] = this.#tried;
    return first !== undefined && first.next <= now ? this.#tried.shift() : undefined;
  }
}

/** Where something with this `next` belongs in `sorted`: behind what has the same. */
function placeFor(sorted: readonly Waiting[], next: number): number {
  let low = 0;
  for (let high = sorted.length; low < high;) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.next ?? Infinity) <= next) low = middle + 1;
    else high = middle;
  }
  return low;
}
