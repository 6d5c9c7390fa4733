import { Readable } from 'node:stream';

import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { logPath } from '../../host/dokku/paths';
import { Failure } from '../../host/failure';
import { Alarm } from '../../host/system/alarm';
import type { Build } from '../../journal/history';
import { followBuild } from '../output/followBuild';
import { GrowingLog } from '../output/growingLog';
import { untilQuiet } from '../output/logReader';
import type { WaitOptions } from './apiTypes';

/**
 * The log of `build`, as bytes. While the build runs, the stream continues until its end; `read` reads the build
 * again. Throws {@link Failure} if there is no log.
 */
export function logStream(
  host: Host,
  app: AppName,
  build: Build,
  read: () => Build | undefined,
  { signal }: WaitOptions,
): Readable {
  const path = logPath(host, app, build.id);
  const opened = GrowingLog.open(path);
  if (opened === undefined) throw new Failure(`No log found for ${app}/${build.id}`);
  opened.close(); // and opened again by the first read: a stream that nobody reads would never close it
  const stopped = new AbortController();
  const ends = AbortSignal.any([stopped.signal, ...(signal === undefined ? [] : [signal])]);
  const pieces = bytesOf(host, app, build, path, read, ends);
  return new Readable({
    read() {
      pieces.next().then(
        ({ value }) => this.push(value ?? null),
        (error: unknown) => this.destroy(error as Error),
      );
    },
    destroy(error, done) {
      stopped.abort();
      void pieces.return(undefined);
      done(error);
    },
  });
}

/** Changes ring, and so does the end; this is only a limit. */
const LONGEST_REST_MS = 60_000;

async function* bytesOf(
  host: Host,
  app: AppName,
  build: Build,
  path: string,
  read: () => Build | undefined,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const log = GrowingLog.open(path);
  if (log === undefined) return;
  const more = (): Generator<Buffer> => log.more();
  const alarm = new Alarm();
  const following = { onChange: alarm.ring, conclusion: false, signal, read };
  const followed = followBuild(host, app, build, following).finally(alarm.stop);
  try {
    while (!alarm.isStopped()) {
      yield* more();
      await alarm.rest(LONGEST_REST_MS);
      alarm.hasRung();
    }
    await followed;
    const last: Buffer[] = [];
    if (build.status === 'running' && !signal.aborted) await untilQuiet(() => keepMore(last, more));
    yield* last;
    yield* more();
  } finally {
    log.close();
  }
}

/** Keeps the new bytes; returns whether there were any. */
function keepMore(kept: Buffer[], more: () => Generator<Buffer>): boolean {
  const before = kept.length;
  kept.push(...more());
  return kept.length > before;
}
