import type { Host } from '../../../host/dokku/environment';
import type { AppName } from '../../../host/dokku/names';
import { buildsDirectory } from '../../../host/dokku/paths';
import { backOff } from '../../backOff';
import { updateMetricsFile } from '../../metrics/metricsFile';
import { isMetricsFileWanted } from '../../metrics/settings';
import { noteEnded } from '../endedReceivers';
import { forgetChangedApp, takeChangedApps } from '../queue/changedApps';
import { dequeue, postpone, type Queued, readQueue, readQueued } from '../queue/queue';
import { queueEvents, WORTH_SENDING_MS } from '../queue/queueEvents';
import { noteUndelivered } from '../undelivered';
import { deliverToPlugins } from './deliverToPlugins';
import { deliverToReceiver, destinationOf, type Outcome } from './deliverToReceiver';
import type { Waiting } from './lane';
import { Schedule } from './schedule';

/** The lane of the notifications for plugins. No url has this form. */
const PLUGINS = 'plugins';

/** How long a destination is kept in memory. After that, a changed `notify-url` is found. */
const DESTINATIONS_MS = 30_000;

/** The longest pause before a receiver that failed is tried again. */
const LONGEST_PAUSE_MS = 30 * 60 * 1000;

/** Delivers what is in the queue. Only this changes the files of the queue. */
export class Delivery {
  readonly #host: Host;
  readonly #root: string;
  readonly #onChange: () => void;
  readonly #schedule = new Schedule(PLUGINS);
  readonly #unreadable = new Set<AppName>();
  #destinations = new Map<AppName, string>();
  #destinationsAt = Date.now();

  /** Reads the queue below `root`. `onChange` is called when {@link step} has something to do. */
  constructor(host: Host, root: string, onChange: () => void) {
    this.#host = host;
    this.#root = root;
    this.#onChange = onChange;
    for (const queued of readQueue(root)) this.#add(queued, false);
  }

  /** Whether no notification waits or is on its way. */
  get isIdle(): boolean {
    return this.#schedule.size === 0;
  }

  /** How many apps have events that could not be queued. */
  get unreadable(): number {
    return this.#unreadable.size;
  }

  /** Queues new events, and starts the deliveries that are due. Returns when to call it again, ms since the epoch. */
  step(): number {
    this.#queueChangedApps();
    if (Date.now() - this.#destinationsAt >= DESTINATIONS_MS) this.#refreshDestinations();
    for (;;) {
      const taken = this.#schedule.take(Date.now());
      if (taken === undefined) return this.#schedule.wakeAt();
      void this.#deliver(taken.key, taken.waiting).then(this.#onChange);
    }
  }

  #queueChangedApps(): void {
    const changed = takeChangedApps(this.#root);
    if (changed.length > 0) this.#updateMetricsFile();
    for (const app of changed) {
      try {
        const queued = queueEvents(this.#host, app, Date.now(), process.env['PATH'] ?? '');
        forgetChangedApp(this.#root, app);
        this.#unreadable.delete(app);
        this.#destinations.delete(app);
        for (const one of queued) this.#add(one, true);
      } catch {
        this.#unreadable.add(app); // the commands that people run say why
      }
    }
  }

  /** Before the apps are forgotten: a deliverer that is killed in between does it again. */
  #updateMetricsFile(): void {
    try {
      if (isMetricsFileWanted(this.#host)) updateMetricsFile(this.#host);
    } catch {
      // the next event tries again
    }
  }

  #add({ name, target, notification: { app }, at, attempts, next }: Queued, isNew: boolean): void {
    const waiting = { name, app, target, at, attempts, next };
    this.#schedule.add(this.#laneOf(waiting), waiting, isNew);
  }

  /** Notifications with the same `notify-url` share a lane. */
  #laneOf({ target, app }: Waiting): string {
    if (target === 'plugins') return PLUGINS;
    let destination = this.#destinations.get(app);
    if (destination === undefined) this.#destinations.set(app, (destination = destinationOf(this.#host, app)));
    return destination;
  }

  #refreshDestinations(): void {
    this.#destinations = new Map();
    this.#destinationsAt = Date.now();
    this.#schedule.rearrange((waiting) => this.#laneOf(waiting));
  }

  async #deliver(lane: string, waiting: Waiting): Promise<void> {
    const queued = readQueued(this.#root, waiting.name);
    const outcome: Outcome = queued === undefined ? { type: 'done' } : await this.#send(queued);
    if (queued === undefined || outcome.type === 'done') {
      dequeue(this.#root, waiting.name);
      this.#schedule.finished(lane);
    } else {
      this.#failed(lane, queued, outcome, Date.now());
    }
  }

  #send(queued: Queued): Promise<Outcome> {
    return queued.target === 'plugins' ? deliverToPlugins(queued) : deliverToReceiver(this.#host, queued);
  }

  #failed(lane: string, queued: Queued, outcome: Exclude<Outcome, { type: 'done' }>, now: number): void {
    const { reason } = outcome;
    const closedUntil = outcome.type === 'failed' ? now + (outcome.retryAfter ?? 0) : now;
    const until = now + backOff(this.#schedule.failuresOf(lane) + 1, LONGEST_PAUSE_MS, Math.random());
    const next = Math.max(now + backOff(queued.attempts + 1, LONGEST_PAUSE_MS, Math.random()), closedUntil);
    const { name, attempts } = postpone(this.#root, queued, next);
    const { target, at, notification } = queued;
    this.#schedule.failed(lane, { name, app: notification.app, target, at, attempts, next }, { until, closedUntil });
    if (outcome.type === 'gone') noteEnded(this.#root, outcome.scope, now);
    this.#giveUp(
      this.#schedule.remove(lane, (one) => outcome.type === 'gone' || now - one.at >= WORTH_SENDING_MS),
      reason,
      now,
    );
  }

  #giveUp(waiting: readonly Waiting[], reason: string, now: number): void {
    for (const app of new Set(waiting.map((one) => one.app))) {
      const names = waiting.filter((one) => one.app === app).map(({ name }) => name);
      const texts = names.flatMap((name) => readQueued(this.#root, name)?.notification.text ?? []);
      if (texts.length > 0) noteUndelivered(buildsDirectory(this.#host, app), texts, reason, now);
      for (const name of names) dequeue(this.#root, name);
    }
  }
}
