import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { toWholeSeconds } from '../../host/durations';
import { errorCode } from '../../host/failure';
import { removeDurably } from '../../host/files/durable';
import { readSmallFile } from '../../host/files/openFile';
import { replaceFile } from '../../host/files/replaceFile';

/** Notifications of an app that its receiver did not take. */
export interface Undelivered {
  /** How many there are. */
  readonly messages: number;
  /** The text of the last one, why it was given up, and when (ms since the epoch). */
  readonly text: string;
  readonly reason: string;
  readonly at: number;
}

/** In an app's directory, so that it is renamed and removed with the app. */
const UNDELIVERED_FILE = '.notify-undelivered';
const UNDELIVERED_BYTES = 8 * 1024;

/**
 * Notes that the notifications with these texts (at least one) were given up, for `reason`, at `now` (ms since the
 * epoch).
 */
export function noteUndelivered(directory: string, texts: readonly string[], reason: string, now: number): void {
  const messages = (readUndelivered(directory)?.messages ?? 0) + texts.length;
  const undelivered: Undelivered = { messages, text: texts.at(-1) ?? '', reason, at: now };
  try {
    replaceFile(join(directory, UNDELIVERED_FILE), JSON.stringify(undelivered), { mode: 0o600, durable: true });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error; // the app was destroyed
  }
}

/** Undefined if nothing was given up since {@link forgetUndelivered}. */
export function readUndelivered(directory: string): Undelivered | undefined {
  const path = join(directory, UNDELIVERED_FILE);
  if (!existsSync(path)) return undefined; // as nearly always, and without the cost of an exception
  try {
    const text = readSmallFile(path, UNDELIVERED_BYTES);
    return text === undefined ? undefined : (JSON.parse(text) as Undelivered);
  } catch {
    return undefined;
  }
}

/** To be called when a test message was taken, or another url was set. */
export function forgetUndelivered(directory: string): void {
  removeDurably(join(directory, UNDELIVERED_FILE));
}

/** One sentence about them. */
export function undeliveredText({ messages, text, reason, at }: Undelivered): string {
  const what = messages === 1 ? 'a notification' : `${messages} notifications`;
  const when = toWholeSeconds(new Date(at).toISOString());
  return `Gave up on ${what}, the last at ${when} (${text}): ${reason}`;
}
