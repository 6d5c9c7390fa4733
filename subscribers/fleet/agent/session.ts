import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { errorCode, reasonOf } from '../../../host/failure';
import type { AppName } from '../../../host/dokku/names';
import { isAlive } from '../../../host/system/processes';
import { JournalNotReadable } from '../../../journal/errors';
import { JOURNAL_FILE, withJournal } from '../../../journal/file/journalFile';
import { type RunningBuild, runningBuilds } from '../../../journal/history';
import { loadHistory } from '../../../journal/loadHistory';
import type { Bulletin } from '../bulletin';
import { EngineAway, type Engine } from '../engine';
import { journalId } from '../piece';
import { JournalPublisher } from './publishJournal';
import { asQuestion, type HostState, type JournalState, type Lives, type RunningAnswer } from '../states';
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

interface Published {
  readonly app: AppName;
  readonly path: string;
  readonly publisher: JournalPublisher;
  id: string | undefined;
  open: readonly RunningBuild[];
  /** The state as it was published last. */
  told: string;
}

/** What was published. */
export interface Progress {
  pieces: number;
  bytes: number;
  journals: number;
}

/** How many journals are published at once, one piece of each. */
const IN_FLIGHT = 32;

/** After so many refusals in a row somebody else publishes under this host's id. */
const MOST_CONFLICTS = 10;

/** How often a reader can have a journal published again, in ms. */
const AGAIN_MS = 600_000;

/** One connection's work: publishes the journals of a host, and says what runs. */
export class Session {
  readonly #journals = new Map<AppName, Published>();
  readonly #published = new Map<string, number>(); // when a journal was published again
  #waiting = new Set<AppName>();

  constructor(
    private readonly fleet: Engine & Bulletin,
    private readonly options: SessionOptions,
  ) {}

  get apps(): AppName[] {
    return [...this.#journals.keys()];
  }

  /** The next {@link publish} looks at `app`; without one, at everything. */
  lookAt(app?: AppName): void {
    if (app !== undefined && this.#journals.has(app)) {
      this.#waiting.add(app);
      return;
    }
    const apps = appsIn(this.options.buildsRoot);
    for (const known of this.#journals.keys()) if (!apps.includes(known)) this.#waiting.add(known);
    for (const one of apps) {
      if (!this.#journals.has(one)) this.#journals.set(one, this.publishedOf(one));
      this.#waiting.add(one);
    }
  }

  /** The place of every journal is asked for again: the stream may have forgotten something. */
  askAgain(): void {
    for (const { publisher } of this.#journals.values()) publisher.askAgain();
    this.lookAt();
  }

  /** Publishes all that waits to be looked at. Rejects with `EngineAway`; what was not done waits on. */
  async publish(progress: Progress = { pieces: 0, bytes: 0, journals: 0 }): Promise<Progress> {
    const queue = [...this.#waiting];
    const work = async (): Promise<void> => {
      for (let app = queue.shift(); app !== undefined; app = queue.shift()) {
        const published = this.#journals.get(app);
        if (published === undefined) continue;
        this.#waiting.delete(app); // before the work: what changes meanwhile waits again
        try {
          await this.tell(published); // first: whoever reads an event knows then whose it is, and whether it runs
          await this.publishOne(published, progress);
        } catch (error) {
          this.#waiting.add(app);
          if (error instanceof EngineAway) throw error;
          if (!(error instanceof JournalNotReadable) && errorCode(error) === undefined) throw error;
          this.#waiting.delete(app); // it is looked at again with all the others
          this.options.warn(`${app}: ${reasonOf(error)}`);
        }
      }
    };
    const outcomes = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, work));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason as Error;
    return progress;
  }

  /** Says what has become of builds whose processes have ended without an event. */
  async tellChanges(): Promise<void> {
    for (const published of this.#journals.values()) if (published.open.length > 0) await this.tell(published);
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
    for (const { id, open } of this.#journals.values()) {
      if (id !== undefined && open.length > 0) journals[id] = livesOf(open);
    }
    return { host: this.options.host, journals };
  }

  private publishedOf(app: AppName): Published {
    const path = join(this.options.buildsRoot, app, JOURNAL_FILE);
    const publisher = new JournalPublisher(this.fleet, this.options.host, path);
    return { app, path, publisher, id: undefined, open: [], told: '' };
  }

  private async publishOne({ app, publisher }: Published, progress: Progress): Promise<void> {
    let own = 0;
    for (let conflicts = 0; conflicts < MOST_CONFLICTS;) {
      const step = await publisher.step();
      if (step.type === 'done' || step.type === 'none') {
        if (own > 0) progress.journals += 1;
        return;
      }
      if (step.type === 'conflict') {
        conflicts += 1;
        continue;
      }
      conflicts = 0;
      own += 1;
      progress.pieces += 1;
      progress.bytes += step.bytes;
    }
    throw new EngineAway(`another machine publishes ${app} under the id of this host`);
  }

  /** Publishes the state of a journal if it is another than before. */
  private async tell(published: Published): Promise<void> {
    const { app, path } = published;
    const id = withJournal(path, journalId);
    published.id = id;
    if (id === undefined) {
      if (!existsSync(dirname(path))) this.#journals.delete(app);
      return;
    }
    published.open = runningBuilds(loadHistory(dirname(path)).history);
    const state: JournalState = { app, ...livesOf(published.open) };
    const text = JSON.stringify([id, state]);
    if (text === published.told) return;
    await this.fleet.publishState(this.options.host, id, state);
    published.told = text;
  }
}

function livesOf(open: readonly RunningBuild[]): Lives {
  const ids = (alive: boolean) => open.filter(({ process }) => isAlive(process) === alive).map(({ id }) => id);
  return { alive: ids(true), dead: ids(false) };
}
