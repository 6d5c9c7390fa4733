import { closeSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';

import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { logPath } from '../../host/dokku/paths';
import { Failure } from '../../host/failure';
import type { Build } from '../../journal/history';
import { followBuild } from '../output/followBuild';
import { openLog, untilQuiet } from '../output/logReader';
import type { WaitOptions } from './apiTypes';

const CHUNK_BYTES = 64 * 1024;

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
  const opened = openLog(path);
  if (opened === undefined) throw new Failure(`No log found for ${app}/${build.id}`);
  closeSync(opened); // and opened again by the first read: a stream that nobody reads would never close it
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
  const log = openLog(path);
  if (log === undefined) return;
  const more = reader(log);
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
    closeSync(log);
  }
}

/** Keeps the new bytes; returns whether there were any. */
function keepMore(kept: Buffer[], more: () => Generator<Buffer>): boolean {
  const before = kept.length;
  kept.push(...more());
  return kept.length > before;
}

/** Returns a function that gives the bytes that were added since its last call. */
function reader(log: number): () => Generator<Buffer> {
  let position = 0;
  return function* more() {
    for (;;) {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      const count = readSync(log, buffer, 0, buffer.length, position);
      if (count === 0) return;
      position += count;
      yield buffer.subarray(0, count);
    }
  };
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
