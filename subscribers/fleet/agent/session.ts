import { errorCode, reasonOf, type Warn } from '../../../host/failure';
import type { AppName } from '../../../host/dokku/names';
import { JournalNotReadable } from '../../../journal/errors';
import type { Bulletin } from '../bulletin';
import { EngineAway, type Engine } from '../engine';
import { asQuestion, type HostState, type Lives, type RunningAnswer } from '../states';
import { AppJournal, type Progress } from './appJournal';
import { appsIn } from './watchJournals';

/** The host whose journals a session publishes. */
export interface SessionOptions {
  /** Id of the host. */
  readonly host: string;
  readonly name: string;
  readonly program: string;
  readonly buildsRoot: string;
  /** How often the host publishes its state, in seconds. */
  readonly everySeconds: number;
  /** Called with a sentence for a journal that cannot be published. */
  readonly warn: Warn;
}

/** How many journals are published at once, one piece of each. */
const IN_FLIGHT = 32;

/** A journal is published again at a reader's request at most once in this time, in ms. */
const AGAIN_MS = 600_000;

/** The work on one connection: publishes the journals of a host, and which builds run. */
export class Session {
  readonly #journals = new Map<AppName, AppJournal>();
  readonly #published = new Map<string, number>(); // when a journal was published again
  readonly #waiting = new Set<AppName>();
  readonly #warned = new Map<AppName, string>();

  constructor(
    private readonly fleet: Engine & Bulletin,
    private readonly options: SessionOptions,
  ) {}

  get apps(): AppName[] {
    return [...this.#journals.keys()];
  }

  /** Makes the next {@link publish} check `app`, or if none is given, every journal that has changed. */
  check(app?: AppName): void {
    if (app !== undefined && this.#journals.has(app)) {
      this.#waiting.add(app);
      return;
    }
    const apps = appsIn(this.options.buildsRoot);
    for (const known of this.#journals.keys()) if (!apps.includes(known)) this.#waiting.add(known);
    const { host, buildsRoot } = this.options;
    for (const one of apps) {
      const journal = this.#journals.get(one) ?? new AppJournal(this.fleet, host, one, buildsRoot);
      this.#journals.set(one, journal);
      if (!journal.isUnchanged) this.#waiting.add(one);
    }
  }

  /** Asks the stream again how much of each journal it has: it may have lost pieces. */
  askAgain(): void {
    for (const journal of this.#journals.values()) journal.askAgain();
    this.check();
  }

  /** Publishes the journals that wait. Rejects with `EngineAway`; then the journals that are left still wait. */
  async publish(progress: Progress = { pieces: 0, bytes: 0, journals: 0 }): Promise<Progress> {
    const queue = [...this.#waiting];
    const work = async (): Promise<void> => {
      for (let app = queue.shift(); app !== undefined; app = queue.shift()) {
        const journal = this.#journals.get(app);
        if (journal === undefined) continue;
        this.#waiting.delete(app); // before the work, so that a change during it is published next time
        try {
          await journal.publish(progress);
          if (journal.isGone) this.#journals.delete(app);
          this.#warned.delete(app);
        } catch (error) {
          if (error instanceof EngineAway) this.#waiting.add(app);
          if (!(error instanceof JournalNotReadable) && errorCode(error) === undefined) throw error;
          this.warnOnce(app, reasonOf(error)); // the next check of all journals tries again
        }
      }
    };
    const outcomes = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, work));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason as Error;
    return progress;
  }

  /** Publishes the states of journals in which a process has ended without an event. */
  async publishStates(): Promise<void> {
    for (const journal of this.#journals.values()) if (journal.hasOpenBuilds) await journal.publishState();
  }

  /** Publishes the state of the host; with `ifNew`, only if it has changed. Resolves to whether it was published. */
  async publishHost({
    left,
    ifNew = false,
  }: { readonly left?: true; readonly ifNew?: boolean } = {}): Promise<boolean> {
    const { host, name, program, everySeconds } = this.options;
    const journals = [...this.#journals.values()].map(({ id }) => id).filter((id) => id !== undefined);
    const state: HostState = { name, program, everySeconds, journals, ...(left && { left }) };
    const text = JSON.stringify(state);
    if (ifNew && text === this.#publishedHost) return false;
    await this.fleet.publishState(host, 'host', state);
    this.#publishedHost = text;
    return true;
  }

  #publishedHost = '';

  /** Answers the questions of readers. Calls `wake` if a journal is to be published because of one. */
  answer(wake: () => void): void {
    this.fleet.answer(this.options.host, (asked) => {
      const question = asQuestion(asked);
      if (question?.ask === 'running') return this.running();
      if (question?.host !== this.options.host) return undefined;
      const { journal, branch } = question;
      const found = [...this.#journals.values()].find(({ id }) => id === journal);
      const recent = Date.now() - (this.#published.get(journal) ?? -AGAIN_MS) < AGAIN_MS;
      if (found === undefined || recent) return { again: false };
      this.#published.set(journal, Date.now());
      found.publisher.publishAgain(branch);
      this.#waiting.add(found.app);
      wake();
      return { again: true };
    });
  }

  /** The builds that run now. */
  private running(): Omit<RunningAnswer, 'host'> {
    const journals: Record<string, Lives> = {};
    for (const { id, hasOpenBuilds, lives } of this.#journals.values()) {
      if (id !== undefined && hasOpenBuilds) journals[id] = lives;
    }
    return { journals };
  }

  private warnOnce(app: AppName, reason: string): void {
    if (this.#warned.get(app) !== reason) this.options.warn(`${app}: ${reason}`);
    this.#warned.set(app, reason);
  }
}
