import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

import { type AppName, asAppName } from '../../../host/dokku/names';
import { JOURNAL_FILE } from '../../../journal/file/journalFile';

/** Apps that have data below `buildsRoot`, sorted. */
export function appsIn(buildsRoot: string): AppName[] {
  try {
    return readdirSync(buildsRoot)
      .map(asAppName)
      .filter((app) => app !== undefined)
      .sort();
  } catch {
    return []; // nothing was ever deployed here
  }
}

/**
 * Reports which journals may have changed, by the kernel's file events. It can miss changes (a limit on watches, a
 * file system that is not local), so callers check all journals from time to time, too.
 */
export class JournalWatch {
  readonly #watchers = new Map<string, FSWatcher>();

  /** `changed` is called with an app, or with undefined if apps may have been created or destroyed. */
  constructor(
    private readonly buildsRoot: string,
    private readonly changed: (app: AppName | undefined) => void,
  ) {}

  /** Watches these apps, and no others. */
  cover(apps: readonly AppName[]): void {
    const wanted = new Set<string>(['', ...apps]);
    for (const [name, watcher] of this.#watchers) {
      if (wanted.has(name)) continue;
      watcher.close();
      this.#watchers.delete(name);
    }
    this.add('', this.buildsRoot, () => this.changed(undefined));
    for (const app of apps) {
      // The file and not its directory is watched, because logs in the directory change all the time.
      if (!this.add(app, join(this.buildsRoot, app, JOURNAL_FILE), () => this.changed(app))) {
        this.add(app, join(this.buildsRoot, app), () => this.changed(undefined));
      }
    }
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  private add(name: string, path: string, changed: () => void): boolean {
    if (this.#watchers.has(name)) return true;
    const drop = (): void => {
      this.#watchers.get(name)?.close();
      this.#watchers.delete(name);
    };
    try {
      const watcher = watch(path, { persistent: false }, (event) => {
        if (event === 'rename') drop(); // another file may be at this path now
        changed();
      });
      watcher.on('error', drop);
      this.#watchers.set(name, watcher);
      return true;
    } catch {
      return false;
    }
  }
}
