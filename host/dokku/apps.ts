import type * as childProcess from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import type * as os from 'node:os';

import { triggersNamed } from '../plugin/enabledPlugins';
import type { Host } from './environment';
import { AppDoesNotExist, errorCode, Failure } from '../failure';
import { asAppName, type AppName, parseAppName } from './names';
import { appRoot } from './paths';

/** Whether the app is there: its root is a directory, or a link to one, as Dokku's own `-d` has it. */
export function appExists(host: Host, app: AppName): boolean {
  try {
    return statSync(appRoot(host, app), { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    if (errorCode(error) === 'ELOOP') return false;
    throw error;
  }
}

/** All apps of the host by name, without regard to who may see them. None when `$DOKKU_ROOT` is not there. */
export function listApps(host: Host): AppName[] {
  const apps: AppName[] = [];
  for (const entry of directoryEntries(host.dokkuRoot)) {
    const app = asAppName(entry.name);
    if (app === undefined || entry.isFile()) continue;
    if (entry.isDirectory() || appExists(host, app)) apps.push(app);
  }
  return apps.sort();
}

/**
 * Those of `apps` that the caller may see: all of them unless a plugin has the trigger `user-auth-app`, which is
 * called with the ssh user, the ssh key name and the apps, and prints the allowed ones. With several such plugins,
 * what all of them allow. One that fails or takes more than `limit` ms allows nothing. Throws {@link Failure} when one
 * cannot be run.
 */
export function allowedApps(host: Host, apps: readonly AppName[], limit = 10_000): AppName[] {
  let allowed = [...apps];
  for (const trigger of triggersNamed(host, 'user-auth-app')) {
    const answer = new Set(chunksOf(allowed).flatMap((chunk) => askTrigger(trigger, host, chunk, limit)));
    allowed = allowed.filter((app) => answer.has(app));
  }
  return allowed;
}

/**
 * The app that `name` names. Throws {@link Failure} when no name is given, and {@link AppDoesNotExist} (exit 20) when
 * no app has that name or the caller may not see it.
 */
export function requireApp(host: Host, name: string | undefined): AppName {
  if (!name) throw new Failure('Please specify an app to run the command on');
  const app = parseAppName(name);
  if (!appExists(host, app) || allowedApps(host, [app]).length === 0) throw new AppDoesNotExist(app);
  return app;
}

const ANSWER_BYTES = 16 * 1024 * 1024; // a trigger may print all apps, whatever it was asked

function askTrigger(trigger: string, host: Host, apps: readonly AppName[], limit: number): string[] {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where a host has an ACL
  const { spawnSync } = require('node:child_process') as typeof childProcess;
  const { caller } = host;
  const result = spawnSync(trigger, [caller.user ?? systemUser(), caller.key ?? 'default', ...apps], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limit,
    killSignal: 'SIGKILL',
    maxBuffer: ANSWER_BYTES,
  });
  const problem = errorCode(result.error);
  if (problem !== undefined && problem !== 'ETIMEDOUT' && problem !== 'ENOBUFS') {
    throw new Failure(`Could not run ${trigger}: ${problem}`);
  }
  return result.status === 0 && problem === undefined ? result.stdout.split(/\s+/) : [];
}

/** Name of the user this process runs as; as Dokku does where no ssh session says who calls. */
function systemUser(): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where a host has an ACL
  const { userInfo } = require('node:os') as typeof os;
  try {
    return userInfo().username;
  } catch {
    return String(process.geteuid?.()); // a uid that has no name
  }
}

const ARGUMENT_BYTES = 100_000; // Linux takes 128 KiB at least, and the environment needs room, too

function chunksOf(apps: readonly AppName[]): AppName[][] {
  const chunks: AppName[][] = [];
  let room = 0;
  for (const app of apps) {
    const bytes = app.length + 1;
    if (bytes > room) {
      chunks.push([]);
      room = ARGUMENT_BYTES;
    }
    chunks.at(-1)?.push(app);
    room -= bytes;
  }
  return chunks;
}

function directoryEntries(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
