import type { AppName } from '../../host/dokku/names';
import { startSelfDetached } from '../../host/system/detached';
import { delivererState } from './delivery/soleDeliverer';
import { hasChangedApps, noteChangedApp } from './queue/changedApps';
import { queueDirectory } from './queue/queue';

/** Name of the program that delivers. */
const DELIVERER = 'builds-deliver';

/**
 * Whether notifications wait without a deliverer, or apps have events that are not queued. Takes the same time however
 * many wait: a deliverer ends only if nothing waits, so only a killed deliverer leaves something.
 */
export function isDeliveryInterrupted(buildsRoot: string): boolean {
  return delivererState(queueDirectory(buildsRoot)) === 'killed' || hasChangedApps(buildsRoot);
}

/**
 * Has the events of `app`, if one is given, queued and delivered by a process that outlives this one. Throws system
 * errors.
 */
export function requestDelivery(buildsRoot: string, app?: AppName): void {
  if (app !== undefined) noteChangedApp(buildsRoot, app);
  if (delivererState(queueDirectory(buildsRoot)) !== 'alive') startSelfDetached(DELIVERER);
}
