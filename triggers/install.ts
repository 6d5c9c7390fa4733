import { lstatSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

import fastGlob from 'fast-glob';

import { asOwnerOf } from '../host/system/asOwner';
import type { Call } from '../host/call';
import type { Host } from '../host/dokku/environment';
import { reasonOf } from '../host/failure';
import { makeDirectory, ownLikeParent, removeFile } from '../host/system/files';
import { isPluginTree, ownTree, STRAY_LINK } from '../host/dokku/pluginTree';
import { type AppName, asAppName } from '../host/dokku/names';
import type { Output } from '../host/terminal/output';
import { appBuilds, buildsRoot, propertiesDirectory } from '../host/dokku/paths';
import { thisSystem } from '../host/system/system';
import { adoptRecords as adopt } from '../projections/records/adoptRecords';
import { updateFiles } from '../projections/records/updateFiles';
import { repairOwnership } from './repairOwnership';

/**
 * `install`, as root when the plugin is installed or updated: makes the data and property directories, owned by `dokku`, and
 * adopts the records that are there. May be run any number of times.
 */
export function install({ host, output }: Call): undefined {
  removeStrayLink();
  const root = buildsRoot(host);
  const properties = propertiesDirectory(host, '--global');
  makeOwn(host, output, [dirname(root), root]);
  makeOwn(host, output, [dirname(properties), properties]);
  repairOwnership(host, output.warn);
  asOwnerOf(host.dokkuRoot, () => {
    for (const app of recordedApps(root)) adoptRecords(host, output, app);
  });
}

/** An upgrade of Dokku that finds `enabled/builds` can make its own link in the directory that this leads to. */
function removeStrayLink(): void {
  const tree = ownTree();
  const stray = join(tree, STRAY_LINK);
  if (isPluginTree(tree) && lstatSync(stray, { throwIfNoEntry: false })?.isSymbolicLink() === true) removeFile(stray);
}

/** Makes `directories`, each in the one before it, and gives them to `dokku`; not through a link, which may lead anywhere. */
function makeOwn(host: Host, output: Output, directories: readonly string[]): void {
  const dokkuIsThere = statSync(host.dokkuRoot, { throwIfNoEntry: false }) !== undefined;
  for (const directory of directories) {
    if (lstatSync(directory, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
      output.warn(`${directory} is a symbolic link; what it leads to is left to its owner`);
      return;
    }
    makeDirectory(directory);
    if (dokkuIsThere) ownLikeParent(directory, host.dokkuRoot);
  }
}

/** An app whose history cannot be read or written keeps no other from being adopted. */
function adoptRecords(host: Host, output: Output, app: AppName): void {
  try {
    const builds = appBuilds(host, app);
    updateFiles(builds, adopt(builds, thisSystem, output.warn).loaded, 'all', thisSystem, output.warn);
  } catch (error) {
    output.warn(`${app}: ${reasonOf(error)}`);
  }
}

/** The apps that have records, whoever wrote them. */
function recordedApps(root: string): AppName[] {
  const records = fastGlob.sync('*/*.json', { cwd: root, followSymbolicLinks: false, suppressErrors: true });
  const names = new Set(records.map((record) => dirname(record)));
  return [...names].map(asAppName).filter((app) => app !== undefined);
}
