import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { loadCommands, type NamedCommand, triggers as triggerHandlers } from '../commands/programs';
import { EXECUTABLE } from '../host/plugin/pluginTree';
import { compile } from './bun';
import { bashCompletion, fishCompletion, zshCompletion } from './completion';
import { manPage } from './man-page';
import { packagesOf } from './packages';
import { replaceTree, shareDirectories } from './replace-tree';
import { bunNotice, thirdPartyLicenses } from './third-party-licenses';

/** What plugn runs by name: each becomes an executable at the plugin's root. */
export const triggers = Object.keys(triggerHandlers);

/** The script that every link of {@link linksOf} leads to. */
const RUN = 'bin/run';

/** Every link to {@link RUN}, by its path from the plugin's root: what plugn and Dokku run by name. */
export function linksOf(commands: readonly NamedCommand[]): string[] {
  const subcommands = commands.filter(({ command }) => !command.programOnly).map(({ name }) => `subcommands/${name}`);
  return ['commands', ...triggers, ...subcommands];
}

/**
 * Builds the plugin from `entry` (the program's TypeScript) into the directory `out`, for this machine or for the one
 * that `runtime`, a Bun executable, is for. The tree is made beside `out` first; then each file is replaced by a
 * rename, so that a call of the old plugin never meets a missing file or half of one.
 *
 * Returns the executable's size in bytes and the milliseconds that this took. Throws when the program does not
 * compile.
 */
export async function buildPlugin(
  root: string,
  entry: string,
  out: string,
  runtime?: string,
): Promise<{ bytes: number; milliseconds: number }> {
  const began = Date.now();
  mkdirSync(path.dirname(out), { recursive: true });
  const stage = mkdtempSync(path.join(path.dirname(out), `.${path.basename(out)}-`));
  const commands = await loadCommands();
  try {
    const executable = path.join(stage, EXECUTABLE);
    mkdirSync(path.dirname(executable));
    const inputs = compile(root, entry, executable, runtime);
    chmodSync(executable, 0o755);
    copyFileSync(path.join(root, 'host/run.sh'), path.join(stage, RUN));
    chmodSync(path.join(stage, RUN), 0o755);
    write(
      path.join(stage, 'THIRD-PARTY-LICENSES'),
      thirdPartyLicenses(root, packagesOf(root, inputs), bunNotice(root)),
    );
    write(path.join(stage, 'LICENSE'), readFileSync(path.join(root, 'LICENSE')));
    write(path.join(stage, 'plugin.toml'), pluginToml(root));
    write(path.join(stage, 'man/dokku-builds.1'), manPage(versionOf(root), commands));
    write(path.join(stage, 'completions/dokku-builds.bash'), bashCompletion());
    write(path.join(stage, 'completions/_dokku-builds'), zshCompletion());
    write(path.join(stage, 'completions/dokku-builds.fish'), fishCompletion());
    for (const unit of readdirSync(path.join(root, 'host/systemd'))) {
      write(path.join(stage, 'systemd', unit), readFileSync(path.join(root, 'host/systemd', unit)));
    }
    for (const link of linksOf(commands)) {
      const file = path.join(stage, link);
      mkdirSync(path.dirname(file), { recursive: true });
      symlinkSync(path.relative(path.dirname(link), RUN), file);
    }
    shareDirectories(stage);
    const bytes = statSync(executable).size;
    replaceTree(stage, out);
    return { bytes, milliseconds: Date.now() - began };
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** What plugn reads of a plugin. */
function pluginToml(root: string): string {
  return [
    '[plugin]',
    'description = "event-sourced build tracking"',
    `version = ${JSON.stringify(versionOf(root))}`,
    '[plugin.config]',
    '',
  ].join('\n');
}

function versionOf(root: string): string {
  return (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content, { mode: 0o644 });
  chmodSync(file, 0o644); // whatever the umask
}
