import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { ALONGSIDE_NAME } from '../../host/plugin/alongside';
import { installationAs, isDisabled } from '../../host/plugin/answering';
import {
  type Installation,
  installationPath,
  type Mode,
  readInstallation,
  writeInstallation,
} from '../../host/plugin/installation';
import {
  leadsSomewhere,
  OWN_NAME,
  type Places,
  placesOf,
  readPlugin,
  readTarget,
  replaceLink,
} from '../../host/plugin/places';
import { ownTree } from '../../host/plugin/pluginTree';
import type { Host } from '../../host/dokku/environment';
import { Failure } from '../../host/failure';
import { appsWithHistory, checkHost } from './hostCheck';
import { type Step, takeSteps } from './hostSteps';
import { tidySteps } from './hostTidy';
import { alongsideTree, digestOfTree, holdsTree, placeTree, type PluginTree, readOwnTree } from './hostTree';
import { disableSteps, restoreSteps, withdrawSteps } from './hostUninstall';
import { runInstall } from './runInstall';
import { type CommandCall, defineCommand, type ValuesOf } from '../definition/command';
import { aSwitch } from '../definition/flags';
import { loadCommands } from '../programs';

const flags = {
  alongside: aSwitch('only record, and let the stock plugin answer'),
  again: aSwitch('install in the same way as before; do nothing if it was not installed'),
  inPlace: aSwitch('link to this tree where it lies, and copy nothing; leave it disabled if it is'),
  dryRun: aSwitch('print what would be done, and do nothing'),
};

/** For root. */
export const hostInstall = defineCommand({
  description: 'Make this version answer builds commands or journal alongside the stock plugin',
  args: {},
  flags,
  example: '--dry-run',
  programOnly: true,
  run: installHost,
});

type Call = Pick<CommandCall, 'host' | 'output'> & { readonly flags: ValuesOf<typeof flags> };

/**
 * Makes this version answer `builds:*`, or journal alongside the stock plugin. May be run any number of times, and
 * killed at any time: each step is either done or not, and the next run skips the steps that are done.
 */
async function installHost({ host, output, flags: wanted }: Call): Promise<number> {
  const places = placesOf(host);
  const mode = wantedMode(host, places, wanted);
  if (mode === undefined) {
    const { mode: before, name } = readInstallation(host) ?? {};
    if (before === 'replace') output.step(`Disabled, and it stays so until: sudo dokku plugin:enable ${name ?? ''}`);
    else output.step('Not installed on this host: there is nothing to install again (host:install installs it)');
    return 0;
  }
  const tree = readOwnTree();
  const trees = treesOf(places, tree);
  const { dryRun } = wanted;
  output.title(`${dryRun ? 'Would install' : 'Installing'} dokku-builds ${tree.version}${MODE_TEXT[mode]}`);
  const steps =
    mode === 'replace'
      ? replaceSteps(host, places, tree, trees.whole, wanted.inPlace)
      : alongsideSteps(host, places, tree, trees, await alongsideNames());
  takeSteps(output, steps, dryRun);
  if (dryRun) return 0;
  const modeHost = { ...host, alongside: mode === 'alongside' };
  const histories = appsWithHistory(modeHost); // records that are adopted below need not be verified
  const link = mode === 'replace' ? places.builds : places.journal;
  const adopted = runInstall(realpathSync(link), output);
  if (adopted) output.step('Ran its trigger install: directories are there, existing records are in the journal');
  takeSteps(output, tidySteps(host, places, Object.values(trees)), false);
  const sound = checkHost(modeHost, output, link, histories);
  if (mode === 'replace') offerUnits(places, output.verbose);
  return sound && adopted ? 0 : 1;
}

const MODE_TEXT = { replace: ' in place of the stock plugin', alongside: ' alongside the stock plugin' };

/** The commands that the plugin has alongside the stock plugin. */
async function alongsideNames(): Promise<ReadonlySet<string>> {
  const commands = await loadCommands();
  return new Set(commands.filter(({ command }) => command.alongside).map(({ name }) => name));
}

/** Undefined: there is nothing to do. */
function wantedMode(host: Host, places: Places, { again, alongside, inPlace }: Call['flags']): Mode | undefined {
  if (again && alongside) throw new Failure('Flag --again does not go with --alongside');
  const installation = readInstallation(host);
  // An upgrade of the Debian package changes nothing that the administrator has decided with Dokku's commands.
  const asBefore = again || (inPlace && (installation?.mode === 'alongside' || installation?.name === OWN_NAME));
  if (!asBefore) return alongside ? 'alongside' : 'replace';
  if (installation === undefined || installation.mode === 'none') return undefined;
  return isDisabled(places, installation) ? undefined : installation.mode;
}

function replaceSteps(host: Host, places: Places, tree: PluginTree, whole: string, inPlace: boolean): Step[] {
  refuseDirectory(places.builds);
  const own = nameInAvailable(places);
  const name = own ?? nameFor(places);
  const available = name ?? basename(whole);
  const linked = (inPlace || isPackaged()) && name !== undefined; // without a name, links lead to a copy
  return [
    ...(own !== undefined || linked ? [] : placeSteps(tree, whole)),
    ...withdrawSteps(places), // or both would record the same builds
    ...rememberSteps(host, installationAs(host, places, name ?? null)),
    ...(own === undefined && name !== undefined ? stableSteps(places, linked ? ownTree() : basename(whole)) : []),
    ...(name === undefined ? [] : linkSteps(join(places.enabled, name), available)),
    ...linkSteps(places.builds, available),
  ];
}

function alongsideSteps(
  host: Host,
  places: Places,
  tree: PluginTree,
  { whole, part }: Trees,
  commands: ReadonlySet<string>,
): Step[] {
  const named = join(places.available, ALONGSIDE_NAME);
  for (const link of [places.journal, named]) refuseDirectory(link);
  const before = installationAs(host, places, null).before;
  return [
    ...placeSteps(tree, whole),
    ...placeSteps(alongsideTree(tree, commands), part),
    ...rememberSteps(host, { mode: 'alongside', before, name: null }),
    ...restoreSteps(host, places, 'needed'),
    ...disableSteps(places),
    ...linkSteps(named, basename(part), ''), // plugn looks for a plugin.toml there
    ...linkSteps(places.journal, ALONGSIDE_NAME),
    ...(nameFor(places) === undefined ? [] : stableSteps(places, basename(whole))),
  ];
}

/** Paths of the trees of this very build: the whole one, and the one that works alongside. */
interface Trees {
  readonly whole: string;
  readonly part: string;
}

function treesOf({ available }: Places, tree: PluginTree): Trees {
  const build = `${tree.version}-${digestOfTree(tree)}`;
  return { whole: join(available, `.dokku-builds-${build}`), part: join(available, `.${ALONGSIDE_NAME}-${build}`) };
}

/** The name under which `plugin:install` has put the tree that this program runs from. */
function nameInAvailable({ available }: Places): string | undefined {
  const tree = ownTree();
  const name = basename(tree);
  return dirname(tree) === realpathSync(available) && !name.startsWith('.') ? name : undefined;
}

/** The name that the tree gets as a plugin; undefined if a file of another program has that name. */
function nameFor({ available, stable }: Places): string | undefined {
  const there = readPlugin(stable);
  if (there === undefined || there.ours)
    return there?.target === undefined && there !== undefined ? undefined : OWN_NAME;
  return there.target !== undefined && !leadsSomewhere(available, there.target) ? OWN_NAME : undefined;
}

function placeSteps(tree: PluginTree, directory: string): Step[] {
  if (holdsTree(tree, directory)) return [];
  return [{ says: `Copying the plugin to ${directory}`, take: () => placeTree(tree, directory) }];
}

function rememberSteps(host: Host, wanted: Installation): Step[] {
  const { mode, before, name } = readInstallation(host) ?? {};
  if (mode === wanted.mode && before === wanted.before && name === wanted.name) return [];
  const says = `Recording in ${installationPath(host)} what was there before: ${wanted.before ?? 'nothing'}`;
  return [{ says, take: () => writeInstallation(host, wanted) }];
}

/** `name`: of a tree in `available`, as links in `enabled` name it; `up` is the way there. */
function linkSteps(link: string, name: string, up = join('..', 'available')): Step[] {
  const target = join(up, name);
  if (readTarget(link) === target) return [];
  return [{ says: `Pointing ${link} at ${target}`, take: () => replaceLink(link, target) }];
}

/** A name that stays the same over all versions. */
function stableSteps({ stable }: Places, target: string): Step[] {
  if (readTarget(stable) === target) return [];
  return [{ says: `Making ${stable} a link to it`, take: () => replaceLink(stable, target) }];
}

function refuseDirectory(link: string): void {
  const plugin = readPlugin(link);
  if (plugin === undefined || plugin.target !== undefined) return;
  throw new Failure(`${link} is not a link; move it to plugins/available and link to it, so that it can be put back`);
}

/** Whether this tree is that of the Debian package, which has put the units where systemd finds them. */
function isPackaged(): boolean {
  return !existsSync(join(ownTree(), 'systemd'));
}

/** Dokku's package makes its own link again whenever it is upgraded. */
function offerUnits({ stable }: Places, say: (text: string) => void): void {
  if (isPackaged()) return;
  say('An upgrade of the package dokku makes its own link again. Then run');
  say(`  ${stable}/bin/dokku-builds host:install`);
  say('or have systemd do so by itself:');
  say(`  cp ${stable}/systemd/dokku-builds.* /etc/systemd/system/`);
  say('  systemctl daemon-reload && systemctl enable --now dokku-builds.path');
}
