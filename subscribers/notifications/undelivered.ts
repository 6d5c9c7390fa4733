import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { toWholeSeconds } from '../../host/durations';
import { errorCode } from '../../host/failure';
import { readSmallFile, removeFile, replaceFile } from '../../host/system/files';
import type { Queued } from './queue';

/** Messages about an app that nobody would take for a day. */
export interface GaveUp {
  readonly messages: number;
  /** The last one: which, why, and when it was given up (ms since the epoch). */
  readonly text: string;
  readonly reason: string;
  readonly at: number;
}

/** In an app's directory, so that it goes where the app goes. */
const GAVE_UP_FILE = '.notify-gave-up';
const GAVE_UP_BYTES = 8 * 1024;

/** Notes that a message was given up, for `reason`, at `now` (ms since the epoch). */
export function noteGaveUp(directory: string, { announcement }: Queued, reason: string, now: number): void {
  const messages = (readGaveUp(directory)?.messages ?? 0) + 1;
  const gaveUp: GaveUp = { messages, text: announcement.text, reason, at: now };
  try {
    replaceFile(join(directory, GAVE_UP_FILE), JSON.stringify(gaveUp), { mode: 0o600, durable: true });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error; // the app is no more
  }
}

/** Undefined when nothing was given up since the last time that somebody saw to it. */
export function readGaveUp(directory: string): GaveUp | undefined {
  const path = join(directory, GAVE_UP_FILE);
  if (!existsSync(path)) return undefined; // as nearly always, and without the cost of an exception
  try {
    const text = readSmallFile(path, GAVE_UP_BYTES);
    return text === undefined ? undefined : (JSON.parse(text) as GaveUp);
  } catch {
    return undefined;
  }
}

/** Somebody has seen to it: a test arrived, or another url was set. */
export function forgetGaveUp(directory: string): void {
  removeFile(join(directory, GAVE_UP_FILE));
}

/** One sentence that says so. */
export function gaveUpText({ messages, text, reason, at }: GaveUp): string {
  const what = messages === 1 ? 'a notification' : `${messages} notifications`;
  const when = toWholeSeconds(new Date(at).toISOString());
  return `Gave up on ${what}, the last at ${when} (${text}): ${reason}`;
}
