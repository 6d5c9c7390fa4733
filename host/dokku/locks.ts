import { ftruncateSync } from 'node:fs';
import { dirname } from 'node:path';

import type { Host } from './environment';
import { errorCode, Failure, printable } from '../failure';
import { makeDirectory, removeFile, writeAll } from '../files/files';
import { readSmallFile, refuseLink } from '../files/openFile';
import { isLocked, takeLock, waitForLock } from '../files/flock';
import { type AppName, asBuildId, type BuildId } from './names';
import { deployLockPath } from './paths';

/** What the deploy lock of an app says: `empty` is what `apps:lock` leaves, `held` names the build that deploys. */
export type DeployLock =
  | { readonly state: 'none' }
  | { readonly state: 'empty' }
  | { readonly state: 'held'; readonly id: BuildId }
  | { readonly state: 'unreadable'; readonly reason: string };

const LOCK_BYTES = 4096; // an id and a newline are 129 at most

/** Reads the lock of `app`, not through a link. Never throws for what is there: that makes it `unreadable`. */
export function readDeployLock(host: Host, app: AppName): DeployLock {
  const path = deployLockPath(host, app);
  let content: string | undefined;
  try {
    refuseLink(dirname(path));
    content = readSmallFile(path, LOCK_BYTES)?.trim();
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined && !(error instanceof Failure)) throw error;
    return { state: 'unreadable', reason: code === undefined ? (error as Failure).message : `${path}: ${code}` };
  }
  if (content === undefined) return { state: 'none' };
  if (content === '') return { state: 'empty' };
  const id = asBuildId(content);
  if (id !== undefined) return { state: 'held', id };
  return { state: 'unreadable', reason: `${path} holds "${printable(content)}", which is not a build id` };
}

/** Removes the lock of `app` if it still names the build `expected`; whether it did. */
export function removeDeployLock(host: Host, app: AppName, expected: BuildId): boolean {
  const lock = readDeployLock(host, app);
  return lock.state === 'held' && lock.id === expected && removeFile(deployLockPath(host, app));
}

/** Takes the lock of `app` as Dokku does; the rest as {@link takeLock} says. */
export function takeDeployLock(host: Host, app: AppName): number | undefined {
  return takeLock(prepareLockPath(host, app));
}

/** The same, but waits for it if somebody else holds it, as {@link waitForLock} does. */
export function waitForDeployLock(host: Host, app: AppName): Promise<number> {
  return waitForLock(prepareLockPath(host, app));
}

function prepareLockPath(host: Host, app: AppName): string {
  const path = deployLockPath(host, app);
  refuseLink(dirname(path));
  makeDirectory(dirname(path));
  return path;
}

/**
 * Whether some process holds the flock on the lock of `app` right now. It is only looked at: to try it would keep a
 * deploy from taking it in that moment.
 */
export function isDeployLockTaken(host: Host, app: AppName): boolean {
  return isLocked(deployLockPath(host, app));
}

/** Writes into a lock that was taken which build holds it. */
export function writeDeployLock(fd: number, id: BuildId): void {
  ftruncateSync(fd, 0);
  writeAll(fd, Buffer.from(`${id}\n`), 0);
}
