import { join, resolve } from 'node:path';

import type { Host } from '../../host/dokku/environment';
import { Failure } from '../../host/failure';
import { removeFile } from '../../host/system/files';
import { buildsRoot } from '../../host/dokku/paths';
import { install } from '../../triggers/install';
import { memoryPath, readMemory, removeMemory, writeMemory } from './hostMemory';
import { leadsSomewhere, type Places, placesOf, readPlugin } from './hostPlaces';
import { replaceLink, type Step, takeSteps } from './hostSteps';
import { removalSteps } from './hostTidy';
import type { Output } from '../../host/terminal/output';
import { defineCommand } from '../definition/command';
import { aSwitch } from '../definition/flags';

/** For root. */
export const hostUninstall = defineCommand({
  description: 'Put the stock plugin back and keep all history',
  args: {},
  flags: { dryRun: aSwitch('say what would be done, and do nothing') },
  example: '--dry-run',
  programOnly: true,
  run: ({ host, output, flags: { dryRun } }) => uninstall(host, output, dryRun),
});

/**
 * Puts the link back that was there before, and removes the plugin's trees. The history stays, and the records that the stock plugin
 * reads. May be run any number of times, and killed at any time.
 */
function uninstall(host: Host, output: Output, dryRun: boolean): undefined {
  const places = placesOf(host);
  output.title(`${dryRun ? 'Would uninstall' : 'Uninstalling'} dokku-builds`);
  if (!dryRun && readPlugin(places.builds)?.ours === true) {
    install({ host: { ...host, alongside: false }, output, args: [] }); // the stock plugin goes by the records alone
    output.step('All records say what the journal says');
  }
  const before = leavingSteps(host);
  const links = [...restoreSteps(host, places), ...withdrawSteps(places), ...unlinkStable(places)];
  takeSteps(output, [...before, ...links], dryRun);
  takeSteps(output, removalSteps(host, places), dryRun);
  takeSteps(output, forgetSteps(host), dryRun);
  output.verbose(`The history stays in ${buildsRoot(host)}: a later host:install goes on with it`);
}

/** Steps after which `enabled/builds` is what it was before us; none when it is not ours. Throws {@link Failure}. */
export function restoreSteps(host: Host, { enabled, available, builds }: Places): Step[] {
  if (readPlugin(builds)?.ours !== true) return [];
  const stock = join('..', 'available', 'builds'); // as Dokku's package makes it
  const remembered = readMemory(host)?.before ?? stock;
  const target = [remembered, stock].find((one) => leadsSomewhere(enabled, one) && !isOurs(enabled, one));
  if (target === undefined) {
    throw new Failure(
      `No stock plugin to put back: ${available}/builds is missing (a reinstall of the package dokku makes it)`,
    );
  }
  return [{ says: `Pointing ${builds} back at ${target}`, take: () => replaceLink(builds, target) }];
}

function isOurs(enabled: string, target: string): boolean {
  return readPlugin(resolve(enabled, target))?.ours === true;
}

/** Steps after which we do not journal alongside any more. */
export function withdrawSteps({ journal }: Places): Step[] {
  const plugin = readPlugin(journal);
  if (plugin?.target === undefined) return [];
  return [{ says: `Removing ${journal}`, take: () => void removeFile(journal) }];
}

/** From here on `host:install --again`, which systemd may start at any time, leaves things as they are. */
function leavingSteps(host: Host): Step[] {
  const memory = readMemory(host);
  if (memory === undefined || memory.mode === 'none') return [];
  const says = `Noting in ${memoryPath(host)} that it leaves`;
  return [{ says, take: () => writeMemory(host, { ...memory, mode: 'none' }) }];
}

function unlinkStable({ stable }: Places): Step[] {
  const plugin = readPlugin(stable);
  if (plugin?.target === undefined || !(plugin.ours || plugin.tree === undefined)) return [];
  return [{ says: `Removing ${stable}`, take: () => void removeFile(stable) }];
}

function forgetSteps(host: Host): Step[] {
  if (readMemory(host) === undefined) return [];
  return [{ says: `Removing ${memoryPath(host)}`, take: () => removeMemory(host) }];
}
