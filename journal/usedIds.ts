import type { BuildId } from '../host/dokku/names';
import type { BuildCommand } from './commands';
import { type Head, START } from './file/journalFile';
import { findBuild, isCertainlyNew } from './history';
import type { Loaded } from './loadHistory';
import { startedAmong, wasEverStarted } from './startedAmong';

/**
 * Which ids of a command were used by builds that the history has forgotten: a fact that only the whole journal at
 * `path` has. For each id, each part of the journal is read once, however often the command is decided again. Else a
 * writer of a long journal would never have read all of it before others append.
 */
export class UsedIds {
  /** The ids that were looked for up to {@link #searchedTo}. */
  readonly #searched = new Set<BuildId>();
  readonly #used = new Set<BuildId>();
  #searchedTo: Head = START;

  constructor(private readonly path: string) {}

  /** `command` with that fact. Reads the journal only if an id can have been used. Throws `JournalNotReadable`. */
  noteIn(command: BuildCommand, { history, head }: Loaded): BuildCommand {
    if (command.type === 'StartBuild' && !isCertainlyNew(history, command.build))
      return { ...command, usedBefore: this.#among([command.build], head).has(command.build) };
    if (command.type === 'AdoptBuilds') {
      const unknown = command.records.map(({ started }) => started.build).filter((id) => !findBuild(history, id));
      const used = this.#among(unknown, head);
      return { ...command, records: command.records.filter(({ started }) => !used.has(started.build)) };
    }
    return command;
  }

  #among(ids: readonly BuildId[], head: Head): ReadonlySet<BuildId> {
    const fresh = ids.filter((id) => !this.#searched.has(id));
    const found = [...startedAmong(this.path, this.#searched, this.#searchedTo), ...this.#amongFresh(fresh)];
    for (const id of found) this.#used.add(id);
    for (const id of fresh) this.#searched.add(id);
    this.#searchedTo = head;
    return new Set(ids.filter((id) => this.#used.has(id)));
  }

  #amongFresh(ids: readonly BuildId[]): readonly BuildId[] {
    const [first, ...others] = ids;
    if (first !== undefined && others.length === 0) return wasEverStarted(this.path, first) ? [first] : [];
    return startedAmong(this.path, new Set(ids));
  }
}
