import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { appBuilds } from '../../host/dokku/paths';
import { Alarm } from '../../host/system/alarm';
import { isAlive } from '../../host/system/processes';
import { onReaderGone } from '../../host/system/untilStopped';
import { watchDirectory } from '../../host/files/watchDirectory';
import { type Build, findBuild } from '../../journal/history';
import { loadHistory } from '../../journal/loadHistory';

/** How often a running build is read. The file system reports changes of its log, but not the end of its process. */
const INTERVAL_MS = 500;

/**
 * A build whose process is gone is concluded within 2 s by the process that waits for it; a busy host takes longer.
 */
const CONCLUSION_MS = 10_000;

/** How a build is followed. */
export interface Following {
  /** Called when the directory of the build has changed, at least every {@link INTERVAL_MS}, and at the end. */
  readonly onChange: () => void;
  /** Wait a few seconds for the end to be recorded after the process has ended. */
  readonly conclusion: boolean;
  /** Ends the following. Without it, a closed stdout does. */
  readonly signal?: AbortSignal;
  /** Reads the build again; undefined if it is not on record any more. Default: reads the journal. */
  readonly read?: () => Build | undefined;
}

/**
 * Waits until `build` or its process has ended, and returns what is known of the build then. Undefined if stdout has
 * no reader any more, or `signal` was aborted.
 */
export async function followBuild(
  host: Host,
  app: AppName,
  build: Build,
  following: Following,
): Promise<Build | undefined> {
  const { directory } = appBuilds(host, app);
  const { onChange, conclusion, signal, read = () => findBuild(loadHistory(directory).history, build.id) } = following;
  const alarm = new Alarm();
  const endWatch = watchDirectory(directory, alarm.ring);
  const reader = signal === undefined ? onReaderGone(alarm.stop) : onAbort(signal, alarm.stop);
  const latest = (): Build => read() ?? build;
  try {
    let known = latest();
    let deadSince: number | undefined;
    while (known.status === 'running' && !alarm.isStopped()) {
      if (!isAlive(known.process)) {
        deadSince ??= performance.now();
        if (!conclusion || performance.now() - deadSince > CONCLUSION_MS) break;
      }
      await alarm.rest(INTERVAL_MS);
      alarm.hasRung();
      if (!alarm.isStopped()) onChange();
      known = latest();
    }
    if (alarm.isStopped()) return undefined;
    onChange();
    return known;
  } finally {
    reader.close();
    endWatch();
  }
}

function onAbort(signal: AbortSignal, stop: () => void): { close(): void } {
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  return { close: () => signal.removeEventListener('abort', stop) };
}
