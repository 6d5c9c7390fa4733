import { basename, join } from 'node:path';

import { ALONGSIDE_NAME } from '../../host/dokku/alongside';
import type { Host } from '../../host/dokku/environment';
import { Failure } from '../../host/failure';
import { install } from '../../triggers/install';
import { checkHost } from './hostCheck';
import { memoryPath, readMemory, writeMemory } from './hostMemory';
import { leadsSomewhere, type Mode, type Places, placesOf, readPlugin, readTarget } from './hostPlaces';
import { replaceLink, type Step, takeSteps } from './hostSteps';
import { tidySteps } from './hostTidy';
import { alongsideTree, digestOfTree, holdsTree, placeTree, type PluginTree, readOwnTree } from './hostTree';
import { restoreSteps, withdrawSteps } from './hostUninstall';
import { type CommandCall, defineCommand, type ValuesOf } from '../definition/command';
import { aSwitch } from '../definition/flags';
import { loadCommands } from '../programs';

const flags = {
  alongside: aSwitch('only journal, and let the stock plugin answer'),
  again: aSwitch('the way it was installed before; nothing if it was not'),
  dryRun: aSwitch('say what would be done, and do nothing'),
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
 * Makes this version answer `builds:*`, or journal alongside the stock plugin. May be run any number of times, and killed at any time:
 * every step is either taken or not, and those that are taken are passed over the next time.
 */
async function installHost({ host, output, flags: wanted }: Call): Promise<number> {
  const places = placesOf(host);
  const mode = wantedMode(host, wanted);
  if (mode === undefined) {
    output.step('Not installed on this host, so there is nothing to install again');
    return 0;
  }
  const tree = readOwnTree();
  const { dryRun } = wanted;
  output.title(`${dryRun ? 'Would install' : 'Installing'} dokku-builds ${tree.version}${MODE_TEXT[mode]}`);
  const steps =
    mode === 'replace' ? replaceSteps(host, places, tree) : alongsideSteps(host, places, tree, await alongsideNames());
  takeSteps(output, steps, dryRun);
  if (dryRun) return 0;
  const modeHost = { ...host, alongside: mode === 'alongside' };
  install({ host: modeHost, output, args: [] });
  output.step('Ran its trigger install: directories are there, existing records are in the journal');
  output.flush();
  takeSteps(output, tidySteps(host, places, treePaths(places, tree)), false);
  const sound = checkHost(modeHost, output, mode === 'replace' ? places.builds : places.journal);
  if (mode === 'replace') offerUnits(places, output.verbose);
  return sound ? 0 : 1;
}

const MODE_TEXT = { replace: ' in place of the stock plugin', alongside: ' alongside the stock plugin' };

/** The commands that the plugin has alongside the stock plugin. */
async function alongsideNames(): Promise<ReadonlySet<string>> {
  const commands = await loadCommands();
  return new Set(commands.filter(({ command }) => command.alongside).map(({ name }) => name));
}

function wantedMode(host: Host, { again, alongside }: Call['flags']): Mode | undefined {
  if (!again) return alongside ? 'alongside' : 'replace';
  if (alongside) throw new Failure('Flag --again does not go with --alongside');
  const memory = readMemory(host);
  return memory === undefined || memory.mode === 'none' ? undefined : memory.mode;
}

function replaceSteps(host: Host, places: Places, tree: PluginTree): Step[] {
  refuseDirectory(places.builds);
  const [whole] = treePaths(places, tree);
  return [
    ...placeSteps(tree, whole),
    ...withdrawSteps(places), // or both would record the same builds
    ...rememberSteps(host, places, 'replace'),
    ...linkSteps(places.builds, whole),
    ...stableSteps(places, whole),
  ];
}

function alongsideSteps(host: Host, places: Places, tree: PluginTree, commands: ReadonlySet<string>): Step[] {
  refuseDirectory(places.journal);
  const [whole, part] = treePaths(places, tree);
  return [
    ...placeSteps(tree, whole),
    ...placeSteps(alongsideTree(tree, commands), part),
    ...rememberSteps(host, places, 'alongside'),
    ...restoreSteps(host, places),
    ...linkSteps(places.journal, part),
    ...stableSteps(places, whole),
  ];
}

/** Where the trees of this very build lie: the whole one, and the one that works alongside. */
function treePaths({ available }: Places, tree: PluginTree): [whole: string, part: string] {
  const build = `${tree.version}-${digestOfTree(tree)}`;
  return [join(available, `.dokku-builds-${build}`), join(available, `.${ALONGSIDE_NAME}-${build}`)];
}

function placeSteps(tree: PluginTree, directory: string): Step[] {
  if (holdsTree(tree, directory)) return [];
  return [{ says: `Copying the plugin to ${directory}`, take: () => placeTree(tree, directory) }];
}

/** What answered before us; what is ours already is not that, and then what was remembered stays. */
function rememberSteps(host: Host, places: Places, mode: Mode): Step[] {
  const memory = readMemory(host);
  const plugin = readPlugin(places.builds);
  const before = plugin === undefined || plugin.ours ? (memory?.before ?? null) : (plugin.target ?? null);
  if (memory?.mode === mode && memory.before === before) return [];
  const says = `Remembering in ${memoryPath(host)} what was there before: ${before ?? 'nothing'}`;
  return [{ says, take: () => writeMemory(host, { mode, before }) }];
}

function linkSteps(link: string, tree: string): Step[] {
  const target = join('..', 'available', basename(tree));
  if (readTarget(link) === target) return [];
  return [{ says: `Pointing ${link} at ${target}`, take: () => replaceLink(link, target) }];
}

/** A name that stays the same over all versions. A directory that somebody has made there is left alone. */
function stableSteps({ available, stable }: Places, tree: string): Step[] {
  const target = basename(tree);
  const there = readPlugin(stable);
  if (there !== undefined && (there.target === undefined || there.target === target)) return [];
  if (there?.target !== undefined && !there.ours && leadsSomewhere(available, there.target)) return [];
  return [{ says: `Making ${stable} a link to it`, take: () => replaceLink(stable, target) }];
}

function refuseDirectory(link: string): void {
  const plugin = readPlugin(link);
  if (plugin === undefined || plugin.target !== undefined) return;
  throw new Failure(`${link} is no link; move it to plugins/available and link to it, so that it can be put back`);
}

/** Dokku's package makes its own link again whenever it is upgraded. */
function offerUnits({ stable }: Places, say: (text: string) => void): void {
  say('An upgrade of the package dokku makes its own link again. Then run');
  say(`  ${stable}/bin/dokku-builds host:install`);
  say('or have systemd do so by itself:');
  say(`  cp ${stable}/systemd/dokku-builds.* /etc/systemd/system/`);
  say('  systemctl daemon-reload && systemctl enable --now dokku-builds.path');
}
