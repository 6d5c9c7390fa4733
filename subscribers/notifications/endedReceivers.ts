import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { toWholeSeconds } from '../../host/durations';
import type { PropertyScope } from '../../host/dokku/paths';
import { makeDurableDirectory, removeDurably } from '../../host/files/durable';
import { readSmallFile } from '../../host/files/openFile';
import { replaceFile } from '../../host/files/replaceFile';
import type { NotifySettings } from './settings';
import { queueDirectory } from './queue/queue';

/*
 * Receivers that answered 410 Gone: nothing more is posted to them. One file for each scope of a `notify-url`, which
 * holds the time of the answer in ms since the epoch. It counts only for the url that was set then. If `notify-url` is
 * set again, even to the same url, the file is ignored.
 */

type Scoped = Pick<NotifySettings, 'scope' | 'since'>;

const TIME_BYTES = 32;

/** Notes that the receiver of `scope` answered 410 Gone at `now`, ms since the epoch. */
export function noteEnded(buildsRoot: string, scope: PropertyScope, now: number): void {
  makeDurableDirectory(endedDirectory(buildsRoot), 0o700);
  replaceFile(endedPath(buildsRoot, scope), String(now), { mode: 0o600, durable: true });
}

/**
 * When the receiver of these settings answered 410 Gone, ms since the epoch; undefined if it did not since the url was
 * set.
 */
export function endedAt(buildsRoot: string, { scope, since }: Scoped): number | undefined {
  const path = endedPath(buildsRoot, scope);
  if (!existsSync(path)) return undefined;
  try {
    const at = Number(readSmallFile(path, TIME_BYTES) ?? Number.NaN);
    return at >= since ? at : undefined;
  } catch {
    return undefined;
  }
}

/** Whether nothing is posted to the receiver of these settings any more. */
export function isEnded(buildsRoot: string, settings: Scoped): boolean {
  return endedAt(buildsRoot, settings) !== undefined;
}

/** To be called when the receiver has taken a test message. Durable: from then on messages are posted to it. */
export function forgetEnded(buildsRoot: string, scope: PropertyScope): void {
  removeDurably(endedPath(buildsRoot, scope));
}

/** One sentence that says so, for the receiver that answered at `at`, ms since the epoch. */
export function endedText(at: number): string {
  const when = toWholeSeconds(new Date(at).toISOString());
  return (
    `The receiver answered 410 Gone at ${when}: nothing is posted to it until notify-url is set again or ` +
    'it takes a test message'
  );
}

function endedDirectory(buildsRoot: string): string {
  return join(queueDirectory(buildsRoot), 'ended');
}

function endedPath(buildsRoot: string, scope: PropertyScope): string {
  return join(endedDirectory(buildsRoot), scope);
}
