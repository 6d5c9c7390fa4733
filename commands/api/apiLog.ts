import { Readable } from 'node:stream';

import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { logPath } from '../../host/dokku/paths';
import { Failure } from '../../host/failure';
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
  const changed = new Signal();
  const onChange = changed.give;
  const following = { isOver: false };
  const followed = followBuild(host, app, build, { onChange, conclusion: false, signal, read }).finally(() => {
    following.isOver = true;
    changed.give();
  });
  try {
    while (!following.isOver) {
      yield* more();
      await changed.given();
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

/** Ends a wait. If it is given before the wait begins, the wait ends at once. */
class Signal {
  #isGiven = false;
  #wake = (): void => undefined;

  readonly give = (): void => {
    this.#isGiven = true;
    this.#wake();
  };

  async given(): Promise<void> {
    if (!this.#isGiven) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#isGiven = false;
  }
}
