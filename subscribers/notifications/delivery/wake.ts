import { type FSWatcher, watch } from 'node:fs';

import { makeDirectory } from '../../../host/system/files';
import { changedAppsDirectory } from '../queue/changedApps';

/** Rings when an app has new events, and when {@link Wake.ring} is called. */
export class Wake {
  readonly #watcher: FSWatcher | undefined;
  #ring: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Watches for new events of the apps below `buildsRoot`. */
  constructor(buildsRoot: string) {
    const directory = changedAppsDirectory(buildsRoot);
    makeDirectory(directory, 0o700);
    try {
      this.#watcher = watch(directory, () => {
        this.ring();
      });
      this.#watcher.on('error', () => undefined);
    } catch {
      // the host has no inotify watches left: the caller looks from time to time
    }
  }

  /** Resolves at the next ring. */
  next(): Promise<void> {
    return new Promise((resolve) => (this.#ring = resolve));
  }

  ring(): void {
    this.#ring();
  }

  /** Resolves `ms` from now, unless it is called again before. */
  after(ms: number): Promise<void> {
    clearTimeout(this.#timer);
    return new Promise((resolve) => (this.#timer = setTimeout(resolve, ms)));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watcher?.close();
  }
}
