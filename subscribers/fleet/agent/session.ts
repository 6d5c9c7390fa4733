import { errorCode, reasonOf } from '../../../host/failure';
import type { AppName } from '../../../host/dokku/names';
import { JournalNotReadable } from '../../../journal/errors';
import type { Bulletin } from '../bulletin';
import { EngineAway, type Engine } from '../engine';
import { asQuestion, type HostState, type Lives, type RunningAnswer } from '../states';
import { AppJournal, type Progress } from './appJournal';
import { appsIn } from './watchJournals';

/** What a session is about. */
export interface SessionOptions {
  /** Id of the host. */
  readonly host: string;
  readonly name: string;
  readonly program: string;
  readonly buildsRoot: string;
  /** How often the host says that it is there, in seconds. */
  readonly everySeconds: number;
  /** Called with a sentence for a journal that cannot be published. */
  readonly warn: (message: string) => void;
}

/** How many journals are published at once, one piece of each. */
const IN_FLIGHT = 32;

/** How often a reader can have a journal published again, in ms. */
const AGAIN_MS = 600_000;

/** One connection's work: publishes the journals of a host, and says what runs. */
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

  /** The next {@link publish} looks at `app`; without one, at every journal that has changed. */
  lookAt(app?: AppName): void {
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

  /** The place of every journal is asked for again: the stream may have forgotten something. */
  askAgain(): void {
    for (const journal of this.#journals.values()) journal.askAgain();
    this.lookAt();
  }

  /** Publishes all that waits to be looked at. Rejects with `EngineAway`; what was not done waits on. */
  async publish(progress: Progress = { pieces: 0, bytes: 0, journals: 0 }): Promise<Progress> {
    const queue = [...this.#waiting];
    const work = async (): Promise<void> => {
      for (let app = queue.shift(); app !== undefined; app = queue.shift()) {
        const journal = this.#journals.get(app);
        if (journal === undefined) continue;
        this.#waiting.delete(app); // before the work: what changes meanwhile waits again
        try {
          await journal.publish(progress);
          if (journal.isGone) this.#journals.delete(app);
          this.#warned.delete(app);
        } catch (error) {
          if (error instanceof EngineAway) this.#waiting.add(app);
          if (!(error instanceof JournalNotReadable) && errorCode(error) === undefined) throw error;
          this.warnOnce(app, reasonOf(error)); // it is looked at again with all the others
        }
      }
    };
    const outcomes = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, work));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason as Error;
    return progress;
  }

  /** Says what has become of builds whose processes have ended without an event. */
  async tellChanges(): Promise<void> {
    for (const journal of this.#journals.values()) if (journal.hasOpenBuilds) await journal.publishState();
  }

  /** Says that the host is there, and what it has; not `ifNew` when that is what it said before. */
  async tellHost({ left, ifNew = false }: { readonly left?: true; readonly ifNew?: boolean } = {}): Promise<boolean> {
    const { host, name, program, everySeconds } = this.options;
    const journals = [...this.#journals.values()].map(({ id }) => id).filter((id) => id !== undefined);
    const state: HostState = { name, program, everySeconds, journals, ...(left && { left }) };
    const text = JSON.stringify(state);
    if (ifNew && text === this.#told) return false;
    await this.fleet.publishState(host, 'host', state);
    this.#told = text;
    return true;
  }

  #told = '';

  /** Answers what readers ask; `wake` is called when there is something to publish because of it. */
  answer(wake: () => void): void {
    this.fleet.answer((asked) => {
      const question = asQuestion(asked);
      if (question?.ask === 'running') return this.running();
      if (question?.host !== this.options.host) return undefined;
      const { host, journal, branch } = question;
      const found = [...this.#journals.values()].find(({ id }) => id === journal);
      const recent = Date.now() - (this.#published.get(journal) ?? -AGAIN_MS) < AGAIN_MS;
      if (found === undefined || recent) return { host, again: false };
      this.#published.set(journal, Date.now());
      found.publisher.publishAgain(branch);
      this.#waiting.add(found.app);
      wake();
      return { host, again: true };
    });
  }

  /** What runs, with every process looked at now. */
  private running(): RunningAnswer {
    const journals: Record<string, Lives> = {};
    for (const { id, hasOpenBuilds, lives } of this.#journals.values()) {
      if (id !== undefined && hasOpenBuilds) journals[id] = lives;
    }
    return { host: this.options.host, journals };
  }

  private warnOnce(app: AppName, reason: string): void {
    if (this.#warned.get(app) !== reason) this.options.warn(`${app}: ${reason}`);
    this.#warned.set(app, reason);
  }
}
