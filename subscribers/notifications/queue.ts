import * as fs from 'node:fs';
import { join } from 'node:path';

import { errorCode, Failure } from '../../host/failure';
import { makeDirectory, readSmallFile, removeFile, removeStaleTemporaries, replaceFile } from '../../host/system/files';
import { asAppName } from '../../host/dokku/names';
import { isAlive } from '../../host/system/processes';
import type { Announcement } from './notification';

/*
 * Announcements on their way: one file each, `<builds>/.notify/<event id>.<target>`, mode 0600. Each is made in one step by whoever
 * appended the event, and changed and removed by the deliverer alone. No url, no secret and no log is in it: those are looked up when
 * it is sent.
 */

/** Who an announcement is for: the plugins of this host, or the receiver of the app's `notify-url`. */
export type Target = 'plugins' | 'receiver';

export interface Queued {
  /** Name of its file. */
  readonly name: string;
  readonly target: Target;
  readonly announcement: Announcement;
  /** When the event was recorded, ms since the epoch. */
  readonly at: number;
  /** How often it was tried. */
  readonly attempts: number;
  /** Not to be tried before, ms since the epoch. */
  readonly next: number;
}

/** Where the announcements of a host wait. */
export function queueDirectory(buildsRoot: string): string {
  return join(buildsRoot, '.notify');
}

/** Queues an announcement of an event that was recorded `at`; once more is the same as once. On disk when it returns. */
export function enqueue(buildsRoot: string, target: Target, announcement: Announcement, at: number): void {
  const directory = queueDirectory(buildsRoot);
  makeDirectory(directory, 0o700);
  write(directory, { name: `${announcement.id}.${target}`, target, announcement, at, attempts: 0, next: at }, true);
}

/** Whether anything waits: one look at a directory. */
export function isQueueEmpty(buildsRoot: string): boolean {
  return queuedNames(queueDirectory(buildsRoot)).length === 0;
}

/** What waits, those tried least often first, else by age. A file that cannot be read as an announcement is removed. */
export function readQueue(buildsRoot: string): Queued[] {
  const directory = queueDirectory(buildsRoot);
  const queued = queuedNames(directory).map((name) => read(directory, name));
  return queued.filter((one) => one !== undefined).sort(inTurn);
}

/** The ids of events of one millisecond do not sort; their numbers do. */
function inTurn(a: Queued, b: Queued): number {
  return a.attempts - b.attempts || a.at - b.at || a.announcement.seq - b.announcement.seq;
}

/** Removes what those have left who were killed while they queued something. Throws system errors. */
export function sweepQueue(buildsRoot: string): void {
  removeStaleTemporaries(queueDirectory(buildsRoot), (pid) => isAlive({ pid }));
}

/** Puts off an announcement that was tried in vain. */
export function postpone(buildsRoot: string, queued: Queued, next: number): void {
  write(queueDirectory(buildsRoot), { ...queued, attempts: queued.attempts + 1, next }, false);
}

/** Takes out an announcement that was delivered, or was given up. */
export function dequeue(buildsRoot: string, { name }: Queued): void {
  removeFile(join(queueDirectory(buildsRoot), name));
}

const NAME = /^[0-9A-Z]{26}\.(plugins|receiver)$/;
const QUEUED_BYTES = 64 * 1024; // an event names 256 builds at most

function queuedNames(directory: string): string[] {
  if (!fs.existsSync(directory)) return []; // as nearly always, and without the cost of an exception
  try {
    return fs.readdirSync(directory).filter((name) => NAME.test(name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function write(directory: string, { name, ...content }: Queued, durable: boolean): void {
  replaceFile(join(directory, name), JSON.stringify(content), { mode: 0o600, durable });
}

function read(directory: string, name: string): Queued | undefined {
  const path = join(directory, name);
  try {
    const text = readSmallFile(path, QUEUED_BYTES);
    if (text === undefined) return undefined; // delivered meanwhile
    const content = JSON.parse(text) as Partial<Omit<Queued, 'name'>>;
    const { announcement, at = Number.NaN, attempts = Number.NaN, next = Number.NaN } = content;
    if (asAppName(announcement?.app ?? '') !== undefined && Number.isFinite(at + attempts + next)) {
      return { ...(content as Omit<Queued, 'name'>), name, target: name.endsWith('.plugins') ? 'plugins' : 'receiver' };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof Failure)) throw error;
  }
  removeFile(path);
  return undefined;
}
