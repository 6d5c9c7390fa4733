import type { AppName } from '../../../host/dokku/names';
import type { Target } from '../queue/queue';

/** A waiting notification: the part of it that is kept in memory. */
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

/** For each so many waiting notifications, one more may be on its way at once. */
const BACKLOG = 100;

/**
 * The notifications for one destination. Those that were never tried go first, in the order of their age. After a
 * failure the whole lane pauses, so that a receiver that is down is not asked once for each notification. One at a
 * time is on its way, or a few if many wait and the receiver takes them. Adding and taking cost the same however many
 * wait.
 */
export class Lane {
  readonly #mostAtOnce: number;
  /** Never tried, in the order of their age, from `#first` on. */
  #fresh: Waiting[] = [];
  #first = 0;
  /** Tried without success, by the time of their next attempt. */
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

/** The index in `sorted` for a notification with this `next`: behind those with the same one. */
function placeFor(sorted: readonly Waiting[], next: number): number {
  let low = 0;
  for (let high = sorted.length; low < high;) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.next ?? Infinity) <= next) low = middle + 1;
    else high = middle;
  }
  return low;
}
