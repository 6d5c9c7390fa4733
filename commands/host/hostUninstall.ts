import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { ALONGSIDE_MARKER, ALONGSIDE_NAME, isAlongsideTree } from '../../host/plugin/alongside';
import { targetBefore } from '../../host/plugin/answering';
import type { Host } from '../../host/dokku/environment';
import {
  installationPath,
  readInstallation,
  removeInstallation,
  writeInstallation,
} from '../../host/plugin/installation';
import { ownNames, type Places, placesOf, readPlugin, replaceLink } from '../../host/plugin/places';
import { ownTree } from '../../host/plugin/pluginTree';
import { Failure } from '../../host/failure';
import { removeDurably } from '../../host/files/durable';
import { buildsRoot } from '../../host/dokku/paths';
import { type Step, takeSteps } from './hostSteps';
import { removalSteps } from './hostTidy';
import { runInstall } from './runInstall';
import type { Output } from '../../host/terminal/output';
import { defineCommand } from '../definition/command';
import { aSwitch } from '../definition/flags';

/** For root. */
export const hostUninstall = defineCommand({
  description: 'Put the stock plugin back and keep all history',
  args: {},
  flags: { dryRun: aSwitch('print what would be done, and do nothing') },
  example: '--dry-run',
  programOnly: true,
  run: ({ host, output, flags: { dryRun } }) => uninstall(host, output, dryRun),
});

/**
 * Restores the link as it was before the installation, and removes the plugin's trees. The history and the records,
 * which the stock plugin reads, stay. May be run any number of times, and killed at any time.
 */
function uninstall(host: Host, output: Output, dryRun: boolean): undefined {
  const places = placesOf(host);
  output.title(`${dryRun ? 'Would uninstall' : 'Uninstalling'} dokku-builds`);
  const builds = readPlugin(places.builds);
  if (!dryRun && builds?.ours === true) {
    // The stock plugin goes by the records alone. The tree at the link may be an older one, or damaged.
    const tree = isAlongsideTree() ? (builds.tree ?? ownTree()) : ownTree();
    output.step('Bringing the records up to date');
    runInstall(tree, output);
  }
  const before = leavingSteps(host);
  const links = [
    ...restoreSteps(host, places, 'if there is one'),
    ...disableSteps(places),
    ...withdrawSteps(places),
    ...unlinkStable(places),
  ];
  takeSteps(output, [...before, ...links], dryRun);
  takeSteps(output, removalSteps(host, places), dryRun);
  takeSteps(output, forgetSteps(host), dryRun);
  output.note(`The history stays in ${buildsRoot(host)}: a later host:install goes on with it`);
}

/**
 * Steps that restore `enabled/builds` as it was before the installation; none if it does not lead to this plugin.
 * Without a stock plugin it throws {@link Failure} if one is `needed`. Else it removes the link, which Dokku's package
 * makes again.
 */
export function restoreSteps(host: Host, places: Places, stockPlugin: 'needed' | 'if there is one'): Step[] {
  const { available, builds } = places;
  if (readPlugin(builds)?.ours !== true) return [];
  const target = targetBefore(host, places);
  if (target === undefined) {
    const missing = `${available}/builds is missing (a reinstall of the package dokku makes it)`;
    if (stockPlugin === 'needed') throw new Failure(`No stock plugin to put back: ${missing}`);
    return [{ says: `Removing ${builds}: ${missing}`, take: () => removeDurably(builds) }];
  }
  return [{ says: `Pointing ${builds} back at ${target}`, take: () => replaceLink(builds, target) }];
}

/** Steps that remove every link by which this plugin could be called. */
export function disableSteps(places: Places): Step[] {
  return ownNames(places).map((name) => {
    const link = join(places.enabled, name);
    return { says: `Removing ${link}`, take: () => removeDurably(link) };
  });
}

/** Steps that end the journaling alongside the stock plugin. */
export function withdrawSteps({ journal, available }: Places): Step[] {
  if (!existsSync(join(journal, ALONGSIDE_MARKER))) return [];
  return [journal, join(available, ALONGSIDE_NAME)]
    .filter((link) => readPlugin(link)?.target !== undefined)
    .map((link) => ({ says: `Removing ${link}`, take: () => removeDurably(link) }));
}

/** After this step, `host:install --again`, which systemd may start at any time, changes nothing. */
function leavingSteps(host: Host): Step[] {
  const installation = readInstallation(host);
  if (installation === undefined || installation.mode === 'none') return [];
  const says = `Noting in ${installationPath(host)} that it leaves`;
  return [{ says, take: () => writeInstallation(host, { ...installation, mode: 'none', name: null }) }];
}

function unlinkStable({ stable }: Places): Step[] {
  const plugin = readPlugin(stable);
  if (plugin?.target === undefined || !(plugin.ours || plugin.tree === undefined)) return [];
  return [{ says: `Removing ${stable}`, take: () => removeDurably(stable) }];
}

function forgetSteps(host: Host): Step[] {
  if (readInstallation(host) === undefined) return [];
  return [{ says: `Removing ${installationPath(host)}`, take: () => removeInstallation(host) }];
}
