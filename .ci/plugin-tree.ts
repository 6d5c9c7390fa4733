import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { commands as commandHandlers, triggers as triggerHandlers } from '../commands/handlers';
import { HOW_TO_GET_NODE } from '../host/neededNode';
import { bundle } from './bundle';
import { bashCompletion } from './completion';
import { manPage } from './man-page';
import { replaceTree } from './replace-tree';
import { thirdPartyLicenses } from './third-party-licenses';

/** What Dokku runs by name: each becomes `subcommands/<name>`. */
export const subcommands = Object.keys(commandHandlers);

/** What plugn runs by name: each becomes an executable at the plugin's root. */
export const triggers = Object.keys(triggerHandlers);

/** Every executable of the plugin, by its path from the plugin's root; all are copies of host/launcher.sh. */
export const executables = [
  'bin/dokku-builds',
  'commands',
  ...subcommands.map((name) => `subcommands/${name}`),
  ...triggers,
];

/**
 * Builds the plugin from `entry` (the program's TypeScript) into the directory `out`. It is made beside `out` first, and
 * put in place file by file, each atomically: who runs the old plugin meanwhile never meets a missing or a half file.
 *
 * Returns the program's size in bytes and the milliseconds this took. Throws when the program does not bundle.
 */
export function buildPlugin(root: string, entry: string, out: string): { bytes: number; milliseconds: number } {
  const began = Date.now();
  mkdirSync(path.dirname(out), { recursive: true });
  const stage = mkdtempSync(path.join(path.dirname(out), `.${path.basename(out)}-`));
  try {
    const { files, packages } = bundle(root, entry);
    for (const [name, content] of files) write(path.join(stage, 'lib', name), content);
    write(path.join(stage, 'lib/THIRD-PARTY-LICENSES'), thirdPartyLicenses(root, packages));
    write(path.join(stage, 'LICENSE'), readFileSync(path.join(root, 'LICENSE')));
    write(path.join(stage, 'plugin.toml'), pluginToml(root));
    write(path.join(stage, 'lib/how-to-get-node'), `${HOW_TO_GET_NODE.join('\n')}\n`);
    write(path.join(stage, 'man/dokku-builds.1'), manPage(versionOf(root)));
    write(path.join(stage, 'completions/dokku-builds.bash'), bashCompletion());
    for (const unit of readdirSync(path.join(root, 'host/systemd'))) {
      write(path.join(stage, 'systemd', unit), readFileSync(path.join(root, 'host/systemd', unit)));
    }
    for (const executable of executables) {
      const file = path.join(stage, executable);
      mkdirSync(path.dirname(file), { recursive: true });
      copyFileSync(path.join(root, 'host/launcher.sh'), file);
      chmodSync(file, 0o755);
    }
    chmodSync(stage, 0o755);
    replaceTree(stage, out);
    const bytes = files.get('program.js')?.byteLength ?? 0;
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
