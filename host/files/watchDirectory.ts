import { type FSWatcher, watch } from 'node:fs';

/**
 * Calls `changed` after each change in `directory`, until the returned function is called. If the host has no inotify
 * watches left, `changed` is never called: callers look at the directory from time to time, too.
 */
export function watchDirectory(directory: string, changed: () => void): () => void {
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(directory, changed);
    watcher.on('error', () => undefined);
  } catch {
    // see above
  }
  return () => watcher?.close();
}
