import { closeSync, ftruncateSync } from 'node:fs';

import type { Host } from '../../host/dokku/environment';
import {
  type DeployLock,
  readDeployLock,
  removeDeployLock,
  takeDeployLock,
  waitForDeployLock,
  writeDeployLock,
} from '../../host/dokku/locks';
import { type AppName, type BuildId, generateBuildId } from '../../host/dokku/names';
import { deployLockPath } from '../../host/dokku/paths';
import { Failure, reasonOf } from '../../host/failure';
import { removeFile } from '../../host/files/files';
import type { Output } from '../../host/terminal/output';

/** The deploy lock of an app, held by a build. */
export interface HeldLock {
  /** The build, with a new id. */
  readonly id: BuildId;
  /** Releases the lock. Later calls do nothing. */
  release(): void;
}

/**
 * Takes the deploy lock of `app` for a new build. If somebody else holds it, waits for it with `wait`, and throws
 * {@link Failure} without.
 */
export async function holdDeployLock(host: Host, output: Output, app: AppName, wait: boolean): Promise<HeldLock> {
  let before = readDeployLock(host, app);
  let lock = takeDeployLock(host, app);
  if (lock === undefined) {
    const refusal = `${app} is being deployed: ${holderText(readDeployLock(host, app))}`;
    if (!wait) throw new Failure(`${refusal} (see builds:output ${app}, builds:cancel ${app})`);
    output.warn(`${refusal}; waiting for it`);
    lock = await waitForDeployLock(host, app);
    before = { state: 'none' }; // the lock was that of a deploy
  }
  const isLockedApp = before.state === 'empty';
  if (isLockedApp)
    output.warn(`${app} is locked by apps:lock, which nothing but apps:unlock ends; running all the same`);
  const id = generateBuildId(Date.now());
  try {
    writeDeployLock(lock, id);
  } catch (error) {
    if (!isLockedApp) removeFile(deployLockPath(host, app)); // an empty one would say that apps:lock was called
    closeSync(lock);
    throw new Failure(`Cannot write ${deployLockPath(host, app)}: ${reasonOf(error)}`);
  }
  let held: number | undefined = lock;
  return {
    id,
    release() {
      if (held === undefined) return;
      // Removed while it is still held, so that no other lock is removed. A lock of apps:lock stays.
      if (isLockedApp) ftruncateSync(held, 0);
      else removeDeployLock(host, app, id);
      closeSync(held);
      held = undefined;
    },
  };
}

function holderText(lock: DeployLock): string {
  return lock.state === 'held' ? `build ${lock.id} holds its deploy lock` : 'its deploy lock is held';
}
