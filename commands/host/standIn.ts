import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';

import { handOver, nextTarget, takeOver } from '../../host/plugin/answering';
import { type Host, readHost } from '../../host/dokku/environment';
import { readInstallation } from '../../host/plugin/installation';
import type { CalledThrough, Role } from '../../host/plugin/role';
import { errorCode, Failure } from '../../host/failure';

/** What was called: a trigger, the plugin's `commands`, or a subcommand. */
type What = 'trigger' | 'commands' | 'subcommand';

/**
 * Handles a call whose role is another one than `acts`. Returns its exit status; undefined if it acts after all.
 * `args` are the words of the call. Throws {@link Failure} if nobody can answer.
 */
export function standIn(
  role: Exclude<Role, 'acts'>,
  through: CalledThrough,
  args: readonly string[],
): number | undefined {
  const host = { ...readHost(process.env), pluginPath: through.plugins };
  if (role === 'gives back') return giveBack(host, through, args);
  if (role === 'takes over' && through.file === 'uninstall' && args[0] === through.name) return undefined;
  if (role === 'takes over') takeOverNow(host, through);
  if (role === 'takes over' && through.file === 'install') return undefined;
  switch (whatOf(through)) {
    case 'subcommand':
      return undefined; // `dokku <its own name>:list` was asked for by name
    case 'commands':
      return standAsideAsCommands(host, through, args);
    case 'trigger':
      return 0;
  }
}

function whatOf({ file }: CalledThrough): What {
  if (file === 'commands') return 'commands';
  return file.startsWith('subcommands/') ? 'subcommand' : 'trigger';
}

/** `dokku help` lists the plugin once, as `builds`. The help of its own name is shown only if it is asked for. */
function standAsideAsCommands(host: Host, { name }: CalledThrough, [asked]: readonly string[]): number | undefined {
  if (asked === name || asked === `${name}:help`) return undefined;
  return asked === 'help' ? 0 : host.notImplementedExit;
}

/**
 * Takes effect from the next call on. A user who may not change the links leaves that to the next `install`, which
 * root runs.
 */
function takeOverNow(host: Host, { name, file }: CalledThrough): void {
  const { mode, name: uninstalled = null } = readInstallation(host) ?? {};
  const mustNot = mode === 'alongside' || (mode === 'none' && (uninstalled === null || uninstalled === name));
  if (mustNot && file !== 'install') return;
  unlessForbidden(() => takeOver(host, name));
}

/** The plugin was disabled: the plugin that answered before answers this call and all later ones. */
function giveBack(host: Host, { file }: CalledThrough, args: readonly string[]): number | undefined {
  const name = readInstallation(host)?.name ?? null;
  if (name === null) return undefined; // installed by an older version, without a name of its own
  const target = nextTarget(host, name);
  if (target !== undefined) {
    unlessForbidden(() => {
      handOver(host, name, target, 'replace');
    });
    const program = resolve(host.pluginPath, 'enabled', target, file);
    if (existsSync(program)) return runInPlace(program, args);
  }
  if (file === 'commands') return args[0] === 'help' ? 0 : host.notImplementedExit;
  if (!file.startsWith('subcommands/')) return 0;
  throw new Failure(
    `${args[0] ?? file} belongs to the plugin ${name}, which is disabled (dokku plugin:enable ${name})`,
  );
}

function runInPlace(program: string, args: readonly string[]): number {
  const { status, signal, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (error) throw error;
  return status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

function unlessForbidden(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')) throw error;
  }
}
