import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import type { Host } from '../../host/dokku/environment';
import { syncDirectory } from '../../host/files/files';
import { isLeftBy } from '../../host/files/replaceFile';
import { thisSystem } from '../../host/system/system';
import { installedTrees, type Places, readPlugin } from '../../host/plugin/places';
import type { Step } from './hostSteps';

/** How many older trees are kept, so that one can go back. */
const OLDER_KEPT = 1;

/** Steps that remove leftovers of installers: temporary files of killed ones, and trees that no link leads to. */
export function tidySteps(host: Host, places: Places, keep: readonly string[]): Step[] {
  const old = olderTrees(places, keep).slice(OLDER_KEPT);
  return removal([...leftovers(host, places), ...old.map((name) => join(places.available, name))]);
}

/** Steps that remove every tree of ours. */
export function removalSteps(host: Host, places: Places): Step[] {
  const trees = installedTrees(places.available).map((name) => join(places.available, name));
  return removal([...leftovers(host, places), ...trees]);
}

function removal(paths: readonly string[]): Step[] {
  return paths.map((path) => ({
    says: `Removing ${path}`,
    take: () => {
      rmSync(path, { recursive: true, force: true });
      syncDirectory(dirname(path));
    },
  }));
}

/** Trees of the mode that `keep` is of, newest first, that no link leads to. */
function olderTrees({ available, builds, journal }: Places, keep: readonly string[]): string[] {
  const linked = [builds, journal].map((link) => readPlugin(link)?.tree).filter((tree) => tree !== undefined);
  const kept = new Set([...keep, ...linked].map((path) => basename(path)));
  return installedTrees(available).filter((name) => !kept.has(name));
}

const STAGE = /^\.(?:dokku-builds|builds-journal|builds)(?:[.-].*)?\.(\d+)(?:-\d+)?\.tmp$/;

/** Paths of the temporary files of killed installers. */
function leftovers(host: Host, { enabled, available }: Places): string[] {
  return [enabled, available, host.pluginPath].flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => {
        const writer = STAGE.exec(name)?.[1];
        return writer !== undefined && isLeftBy(Number(writer), join(directory, name), thisSystem);
      })
      .map((name) => join(directory, name)),
  );
}
