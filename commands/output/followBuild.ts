import fs from 'node:fs';

import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { appBuilds } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import { onReaderGone } from '../../host/system/untilStopped';
import { type Build, findBuild } from '../../journal/history';
import { loadHistory } from '../../journal/loadHistory';

/**
 * How often a live build is read: the file system reports a change of its log, nobody reports the end of its process.
 */
const INTERVAL_MS = 500;

/**
 * A build whose process is gone is concluded within 2 s by the process that waits for it; a busy host takes longer.
 */
const CONCLUSION_MS = 10_000;

/** Follows a build. */
export interface Following {
  /**
   * What is known of the build at the end: it has ended, or its process has. Undefined if nobody reads our stdout any
   * more, or `signal` was aborted.
   */
  readonly build: Build | undefined;
}

/**
 * Waits until `build` has ended. `onChange` is called when its directory has changed, and at least every
 * {@link INTERVAL_MS}. With `conclusion` a build whose process is gone is given a few seconds for its end to be
 * recorded.
 */
export async function followBuild(
  host: Host,
  app: AppName,
  build: Build,
  {
    onChange,
    conclusion,
    signal,
    read = (directory) => findBuild(loadHistory(directory).history, build.id),
  }: {
    readonly onChange: (changes: Changes) => Promise<void> | void;
    readonly conclusion: boolean;
    /** Ends it, instead of a closed stdout. */
    readonly signal?: AbortSignal;
    /** Reads the build anew; undefined if it is not on record any more. */
    readonly read?: (directory: string) => Build | undefined;
  },
): Promise<Following> {
  const { directory } = appBuilds(host, app);
  const changes = watchDirectory(directory);
  const stdout = { isRead: true };
  const isRead = (): boolean => stdout.isRead;
  const stop = (): void => {
    stdout.isRead = false;
    changes.wake();
  };
  const reader = signal === undefined ? onReaderGone(stop) : onAbort(signal, stop);
  const latest = (): Build => read(directory) ?? build;
  try {
    let known = latest();
    let deadSince: number | undefined;
    while (known.status === 'running' && isRead()) {
      if (!isAlive(known.process)) {
        deadSince ??= performance.now();
        if (!conclusion || performance.now() - deadSince > CONCLUSION_MS) break;
      }
      await changes.next(INTERVAL_MS);
      if (isRead()) await onChange(changes);
      known = latest();
    }
    if (!isRead()) return { build: undefined };
    await onChange(changes);
    return { build: known };
  } finally {
    reader.close();
    changes.close();
  }
}

function onAbort(signal: AbortSignal, stop: () => void): { close(): void } {
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  return {
    close: () => {
      signal.removeEventListener('abort', stop);
    },
  };
}

/** Changes of a directory. */
export interface Changes {
  /** Resolves when something in the directory has changed, at the latest after `most` ms. */
  next(most: number): Promise<void>;
  /** Wakes the caller that waits. */
  wake(): void;
  close(): void;
}

function watchDirectory(directory: string): Changes {
  let changed = (): void => undefined;
  let watcher: fs.FSWatcher | undefined;
  const wake = (): void => changed();
  try {
    watcher = fs.watch(directory, wake);
    watcher.on('error', () => undefined);
  } catch {
    // no inotify watch to be had: reading every now and then does
  }
  return {
    next: (most) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, most);
        changed = (): void => {
          clearTimeout(timer);
          resolve();
        };
      }),
    wake,
    close: () => watcher?.close(),
  };
}
