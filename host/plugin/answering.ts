import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

import { removeDurably } from '../files/durable';
import { ALONGSIDE_MARKER } from './alongside';
import type { Host } from '../dokku/environment';
import { type Installation, readInstallation, writeInstallation } from './installation';
import { isPluginTree } from './pluginTree';
import { leadsSomewhere, ownNames, type Places, placesOf, readPlugin, replaceLink } from './places';

/** Where Dokku's package lets `enabled/builds` lead. */
const STOCK = join('..', 'available', 'builds');

/** What to remember before `enabled/builds` leads to the plugin that is enabled as `name`. */
export function installationAs(host: Host, { builds }: Places, name: string | null): Installation {
  const plugin = readPlugin(builds);
  const before = plugin?.tree === undefined || plugin.ours ? readInstallation(host)?.before : plugin.target;
  return { mode: 'replace', before: before ?? null, name };
}

/** Whether the plugin is installed, but `plugin:disable` has removed its link. No upgrade of Dokku removes that. */
export function isDisabled({ enabled }: Places, installation: Installation | undefined): boolean {
  if (installation?.mode !== 'replace' || installation.name === null) return false;
  return readPlugin(join(enabled, installation.name)) === undefined;
}

/**
 * Lets the plugin that is enabled as `name` answer `builds:*`. False if things are left as they are: `enabled/builds`
 * is not a link. Throws system errors.
 */
export function takeOver(host: Host, name: string): boolean {
  const places = placesOf(host);
  const { builds, journal } = places;
  const there = readPlugin(builds);
  if (there !== undefined && there.target === undefined) return false;
  writeInstallation(host, installationAs(host, places, name));
  if (readPlugin(journal)?.target !== undefined && existsSync(join(journal, ALONGSIDE_MARKER))) removeDurably(journal);
  replaceLink(builds, join('..', 'available', name));
  return true;
}

/**
 * Lets the plugin at `target`, given by {@link nextTarget}, answer `builds:*` in place of the one enabled as `name`.
 * `mode` is the state of the installation if `target` is not a copy of this plugin. Throws system errors.
 */
export function handOver(host: Host, name: string, target: string, mode: Installation['mode']): void {
  const { builds, enabled } = placesOf(host);
  const before = readInstallation(host)?.before ?? null;
  const isCopy = isPluginTree(resolve(enabled, target));
  writeInstallation(host, isCopy ? { mode: 'replace', before, name: basename(target) } : { mode, before, name });
  replaceLink(builds, target);
}

/**
 * The target of `enabled/builds` if the plugin enabled as `except` does not answer: another copy of this plugin that
 * is enabled, the target from before, or the stock plugin. Undefined if none is there.
 */
export function nextTarget(host: Host, except: string): string | undefined {
  const places = placesOf(host);
  const others = ownNames(places).filter((name) => name !== except);
  const [other] = others.filter((name) => isPluginTree(join(places.available, name)));
  if (other !== undefined) return join('..', 'available', other);
  return targetBefore(host, places);
}

/** The target of `enabled/builds` from before the installation, or the stock plugin. Undefined if neither is there. */
export function targetBefore(host: Host, { enabled }: Places): string | undefined {
  return [readInstallation(host)?.before ?? STOCK, STOCK].find((target) => {
    return leadsSomewhere(enabled, target) && !isPluginTree(resolve(enabled, target));
  });
}
