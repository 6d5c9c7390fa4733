import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { Failure } from '../../../host/failure';
import { makeDurableDirectory } from '../../../host/files/durable';
import { listDirectory, removeFile, syncDirectory, syncFile } from '../../../host/files/files';
import { readSmallFile } from '../../../host/files/openFile';
import { removeStaleTemporaries, replaceFile } from '../../../host/files/replaceFile';
import { asAppName } from '../../../host/dokku/names';
import { thisSystem } from '../../../host/system/system';
import type { Notification } from '../notification';

/*
 * Notifications that wait: one file each, `<builds>/.notify/<event id>.<target>`, mode 0600. The deliverer alone
 * makes, changes and removes them. There is no url, no secret and no log in them: those are read when a notification
 * is sent.
 */

/** Who a notification is for: the plugins of this host, or the receiver of the app's `notify-url`. */
export type Target = 'plugins' | 'receiver';

export interface Queued {
  /** Name of its file. */
  readonly name: string;
  readonly target: Target;
  readonly notification: Notification;
  /** When the event was recorded, ms since the epoch. */
  readonly at: number;
  /** How often it was tried. */
  readonly attempts: number;
  /** It is not to be tried before, ms since the epoch. */
  readonly next: number;
}

/** Where the notifications of a host wait. */
export function queueDirectory(buildsRoot: string): string {
  return join(buildsRoot, '.notify');
}

/** A notification that is not queued yet, of an event that was recorded `at`. */
export interface Unqueued {
  readonly target: Target;
  readonly notification: Notification;
  readonly at: number;
}

/** Queues notifications. They are on disk when this returns. A second call with the same ones changes nothing. */
export function enqueue(buildsRoot: string, unqueued: readonly Unqueued[]): Queued[] {
  const directory = queueDirectory(buildsRoot);
  makeDurableDirectory(directory, 0o700);
  const queued = unqueued.map(({ target, notification, at }) => {
    const one = { name: `${notification.id}.${target}`, target, notification, at, attempts: 0, next: at };
    write(directory, one);
    return one;
  });
  // after all were written: the first call does most of the work
  for (const { name } of queued) syncFile(join(directory, name));
  syncDirectory(directory);
  return queued;
}

/** Whether no notification waits. Costs a listing of the whole queue. */
export function isQueueEmpty(buildsRoot: string): boolean {
  return queuedNames(queueDirectory(buildsRoot)).length === 0;
}

/** All waiting notifications, the oldest first. Removes a file that is not a notification. */
export function readQueue(buildsRoot: string): Queued[] {
  const directory = queueDirectory(buildsRoot);
  const queued = queuedNames(directory).map((name) => read(directory, name));
  return queued.filter((one) => one !== undefined).sort(byAge);
}

/** The ids of two events of one millisecond do not sort; their numbers do. */
function byAge(a: Queued, b: Queued): number {
  return a.at - b.at || a.notification.seq - b.notification.seq;
}

/** The notification in the file `name`; undefined if there is none any more. */
export function readQueued(buildsRoot: string, name: string): Queued | undefined {
  return read(queueDirectory(buildsRoot), name);
}

/** Removes temporary files of processes that were killed. Throws system errors. */
export function sweepQueue(buildsRoot: string): void {
  removeStaleTemporaries(queueDirectory(buildsRoot), thisSystem);
}

/** Stores that a try has failed, and that the next one is at `next`, ms since the epoch. */
export function postpone(buildsRoot: string, queued: Queued, next: number): Queued {
  const postponed = { ...queued, attempts: queued.attempts + 1, next };
  write(queueDirectory(buildsRoot), postponed);
  return postponed;
}

/** Removes a notification from the queue. */
export function dequeue(buildsRoot: string, name: string): void {
  removeFile(join(queueDirectory(buildsRoot), name));
}

const NAME = /^[0-9A-Z]{26}\.(plugins|receiver)$/;
const QUEUED_BYTES = 64 * 1024; // an event names 256 builds at most

function queuedNames(directory: string): string[] {
  if (!existsSync(directory)) return []; // as nearly always, and without the cost of an exception
  return listDirectory(directory).filter((name) => NAME.test(name));
}

function write(directory: string, { name, ...content }: Queued): void {
  replaceFile(join(directory, name), JSON.stringify(content), { mode: 0o600, durable: false });
}

function read(directory: string, name: string): Queued | undefined {
  const path = join(directory, name);
  try {
    const text = readSmallFile(path, QUEUED_BYTES);
    if (text === undefined) return undefined; // it was delivered by now
    const content = JSON.parse(text) as Partial<Omit<Queued, 'name'>>;
    const { notification, at = Number.NaN, attempts = Number.NaN, next = Number.NaN } = content;
    if (asAppName(notification?.app ?? '') !== undefined && Number.isFinite(at + attempts + next)) {
      return { ...(content as Omit<Queued, 'name'>), name, target: name.endsWith('.plugins') ? 'plugins' : 'receiver' };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof Failure)) throw error;
  }
  removeFile(path);
  return undefined;
}
