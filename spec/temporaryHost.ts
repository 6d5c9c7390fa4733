import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { type Host, readHost } from '../host/dokku/environment';
import { type AppName, parseAppName } from '../host/dokku/names';
import { removeDirectory } from '../scripts/sandbox/removal';

/** A test that needs to be root, to be two users at once or to give files away. */
export const asRoot = process.getuid?.() === 0 ? test : test.skip;

/** A directory that is removed when the test has ended. */
export function temporaryDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'dokku-builds-'));
  chmodSync(directory, 0o755);
  t.teardown(() => {
    removeDirectory(directory);
  });
  return directory;
}

/** A host without apps in a directory of its own; `env` is what the environment says besides the paths. */
export function temporaryHost(t: ExecutionContext, env: NodeJS.ProcessEnv = {}): Host {
  const directory = temporaryDirectory(t);
  const paths = {
    DOKKU_ROOT: join(directory, 'home'),
    DOKKU_LIB_ROOT: join(directory, 'lib'),
    PLUGIN_PATH: join(directory, 'plugins'),
  };
  mkdirSync(paths.DOKKU_ROOT);
  mkdirSync(paths.DOKKU_LIB_ROOT);
  return readHost({ ...paths, ...env });
}

/** Makes an app. */
export function createApp(host: Host, name: string): AppName {
  mkdirSync(join(host.dokkuRoot, name));
  return parseAppName(name);
}

/** Makes an executable of plugin `plugin`, an sh script. */
export function addTrigger(host: Host, plugin: string, trigger: string, script: string): void {
  writeExecutable(join(host.pluginPath, 'enabled', plugin, trigger), script);
}

/** Makes an executable sh script. */
export function writeExecutable(path: string, script: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/**
 * Runs `work` as the unprivileged user `uid`, and is root again. The real user stays root: only the kernel's checks
 * change.
 */
export function asUser<T>(uid: number, work: () => T): T {
  process.seteuid?.(uid);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}
