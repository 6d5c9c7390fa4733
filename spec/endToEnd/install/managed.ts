import { existsSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { copyPlugin } from '../../../scripts/sandbox/layout';
import { createSandbox, expectSuccess, type Result, type Sandbox, script } from '../../../scripts/sandbox/host';
import { administrator, dokkuUser } from './package';

/* A host whose plugins Dokku's own commands manage. */

const app = { build: script('echo compiled') };

export interface Managed {
  readonly host: Sandbox;
  /** `dokku plugin:<command> …`, as the administrator. */
  readonly plugin: (command: string, ...args: string[]) => Promise<Result>;
}

/** A host with the stock plugin and an app. */
export async function stockHost(t: ExecutionContext): Promise<Managed> {
  const host = await createSandbox({ tracking: 'stock', user: dokkuUser });
  t.teardown(() => host.remove());
  await host.createApp('shop', app);
  const plugin = (command: string, ...args: string[]) =>
    host.run(['dokku', `plugin:${command}`, ...args], administrator && { user: administrator });
  return { host, plugin };
}

/**
 * What `plugin:install` does when it has unpacked the package under `name`: makes the link, and runs the trigger
 * `install` of every plugin. The archive itself is tried by one test alone, since it takes seconds to unpack.
 */
export async function installAs({ host }: Managed, name: string): Promise<Result> {
  copyPlugin(join(host.paths.plugins, 'available', name));
  symlinkSync(join('..', 'available', name), join(host.paths.plugins, 'enabled', name));
  return runAsAdministrator(host, ['plugn', 'trigger', 'install']);
}

export function runAsAdministrator(host: Sandbox, command: [string, ...string[]]): Promise<Result> {
  return host.run(command, administrator && { user: administrator });
}

export function linkOf(host: Sandbox): string {
  return readlinkSync(join(host.paths.plugins, 'enabled', 'builds'));
}

/** Ids of the records, oldest first. */
export function recordsOf(host: Sandbox): string[] {
  const names = readdirSync(join(host.paths.builds, 'shop')).filter((name) => name.endsWith('.json'));
  const ids = names.map((name) => name.slice(0, -'.json'.length));
  const startedAt = (id: string): string => String(host.record('shop', id)['started_at']);
  return ids.sort((a, b) => startedAt(a).localeCompare(startedAt(b)));
}

/**
 * Deploys, and gives who made the id of the new record. Exactly one id, one record and no line on stderr must come of
 * it.
 */
export async function whoTracks(t: ExecutionContext, host: Sandbox): Promise<'stock' | 'ours'> {
  const before = existsSync(join(host.paths.builds, 'shop')) ? recordsOf(host) : [];
  const { stderr } = expectSuccess(await host.dokku(['ps:rebuild', 'shop']));
  t.is(stderr, '');
  const added = recordsOf(host).filter((id) => !before.includes(id));
  t.is(added.length, 1, added.join());
  const [id = ''] = added;
  t.like(host.record('shop', id), { id, status: 'succeeded', exit_code: 0 });
  return id.startsWith('stock') ? 'stock' : 'ours';
}
