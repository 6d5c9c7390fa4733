import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { AppName } from '../../../host/dokku/names';
import { fileVersion } from '../../../host/files/fileVersion';
import { isAlive } from '../../../host/system/processes';
import { JOURNAL_FILE, withJournal } from '../../../journal/file/journalFile';
import { type RunningBuild, runningBuilds } from '../../../journal/history';
import { loadHistory } from '../../../journal/loadHistory';
import type { Bulletin } from '../bulletin';
import { EngineAway, type Engine } from '../engine';
import { journalId } from '../piece';
import type { JournalState, Lives } from '../states';
import { JournalPublisher } from './publishJournal';

/** What was published. */
export interface Progress {
  pieces: number;
  bytes: number;
  journals: number;
}

/** After so many conflicts in a row, another machine publishes under the id of this host. */
const MOST_CONFLICTS = 10;

/** The journal of an app on this host, and what is published of it. */
export class AppJournal {
  readonly publisher: JournalPublisher;
  /** Undefined while no event can be read. */
  id: string | undefined;
  #open: readonly RunningBuild[] = [];
  /** The state that was published last, as JSON. */
  #state = '';
  /** The version of the file of which everything is published; undefined if that is not known. */
  #published: string | undefined;

  constructor(
    private readonly fleet: Engine & Bulletin,
    private readonly host: string,
    readonly app: AppName,
    buildsRoot: string,
  ) {
    this.path = join(buildsRoot, app, JOURNAL_FILE);
    this.publisher = new JournalPublisher(fleet, host, this.path);
  }

  private readonly path: string;

  /** Whether the file has not changed since the last {@link publish}. Cheaper than to read it. */
  get isUnchanged(): boolean {
    return this.#published !== undefined && this.#published === fileVersion(this.path);
  }

  /** Whether the app was destroyed. */
  get isGone(): boolean {
    return this.id === undefined && !existsSync(dirname(this.path));
  }

  get hasOpenBuilds(): boolean {
    return this.#open.length > 0;
  }

  /** Makes the next {@link publish} ask the stream what it has, because it may have lost pieces. */
  askAgain(): void {
    this.publisher.askAgain();
    this.#published = undefined;
  }

  /** Publishes the state and all new events. Rejects as {@link JournalPublisher.step} does. */
  async publish(progress: Progress): Promise<void> {
    const version = fileVersion(this.path);
    this.#published = undefined;
    await this.publishState(); // first, so that a reader of an event knows its app, and whether the build runs
    await this.publishEvents(progress);
    this.#published = version;
  }

  /** Publishes the state if it has changed. */
  async publishState(): Promise<void> {
    const id = (this.id = withJournal(this.path, journalId));
    if (id === undefined) return;
    this.#open = runningBuilds(loadHistory(dirname(this.path)).history);
    const state: JournalState = { app: this.app, ...this.lives };
    const text = JSON.stringify([id, state]);
    if (text === this.#state) return;
    await this.fleet.publishState(this.host, id, state);
    this.#state = text;
  }

  /** The builds without an end, by whether their processes run now. */
  get lives(): Lives {
    const ids = (alive: boolean) => this.#open.filter(({ process }) => isAlive(process) === alive).map(({ id }) => id);
    return { alive: ids(true), dead: ids(false) };
  }

  private async publishEvents(progress: Progress): Promise<void> {
    let own = 0;
    for (let conflicts = 0; conflicts < MOST_CONFLICTS;) {
      const step = await this.publisher.step();
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
    throw new EngineAway(`another machine publishes ${this.app} under the id of this host`);
  }
}
