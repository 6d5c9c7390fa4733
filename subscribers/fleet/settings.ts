import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Host } from '../../host/dokku/environment';
import { propertiesRoot } from '../../host/dokku/paths';
import { Failure } from '../../host/failure';
import { sha256 } from '../../journal/file/format/checksums';
import { makeDurableDirectory } from '../../host/files/durable';
import { syncDirectory } from '../../host/files/files';
import { readSmallFile, refuseLink } from '../../host/files/openFile';
import { replaceFile } from '../../host/files/replaceFile';
import { ULID } from './piece';
import type { Member } from './nats/serverConfiguration';

export type Role = Member['role'];

/** What `fleet:join` has stored. */
export interface FleetSettings {
  readonly role: Role;
  /** Addresses of the servers. */
  readonly servers: readonly string[];
  /** A ULID: of the host, or of a reader. */
  readonly id: string;
  /** Its name, for people. */
  readonly name: string;
  /** Public NKey. */
  readonly key: string;
  /** The machine of a host, to detect a copy of it. */
  readonly machine?: string;
  /** PEM of the authority that has signed the servers' certificates. */
  readonly authority?: string;
}

/** The same with the secret. */
export interface Joined extends FleetSettings {
  /** NKey seed. */
  readonly seed: string;
}

/**
 * Where the settings of a role are kept: a host's beside its properties, anybody else's in their own configuration.
 */
export function settingsDirectory(host: Host, role: Role, env: NodeJS.ProcessEnv): string {
  if (role === 'host') return join(propertiesRoot(host), '--fleet');
  return join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || '/', '.config'), 'dokku-builds', `fleet-${role}`);
}

const SETTINGS_FILE = 'settings.json';
const SEED_FILE = 'seed';
const LIMIT_BYTES = 256 * 1024;

/** The settings in `directory`; undefined if there are none. Throws {@link Failure} if they are damaged. */
export function readSettings(directory: string): FleetSettings | undefined {
  if (!refuseLink(directory)) return undefined;
  const text = readSmallFile(join(directory, SETTINGS_FILE), LIMIT_BYTES);
  if (text === undefined) return undefined;
  const settings = parseSettings(text);
  if (settings === undefined) throw new DamagedSettings(join(directory, SETTINGS_FILE));
  return settings;
}

/** The stored settings cannot be read. `fleet:leave` removes them. */
export class DamagedSettings extends Failure {
  constructor(path: string) {
    super(`${path} is damaged; run fleet:leave and fleet:join again`);
  }
}

function parseSettings(text: string): FleetSettings | undefined {
  let read: Partial<Record<keyof FleetSettings, unknown>>;
  try {
    read = JSON.parse(text) as typeof read;
  } catch {
    return undefined;
  }
  const { role, servers, id, name, key, machine, authority } = read;
  if (role !== 'host' && role !== 'reader' && role !== 'administrator') return undefined;
  if (!Array.isArray(servers) || servers.length === 0 || !servers.every((one) => typeof one === 'string'))
    return undefined;
  if (typeof id !== 'string' || !ULID.test(id) || typeof name !== 'string' || typeof key !== 'string') return undefined;
  return {
    role,
    servers,
    id,
    name,
    key,
    ...(typeof machine === 'string' && { machine }),
    ...(typeof authority === 'string' && { authority }),
  };
}

/**
 * The settings with the seed. Throws {@link Failure} if no fleet was joined, and on a copy of the machine that has
 * joined.
 */
export function readJoined(directory: string, role: Role, machine: string | undefined = machineOf()): Joined {
  const settings = readSettings(directory);
  const command = role === 'host' ? 'fleet:join <url>' : `fleet:join <url> --as ${role}`;
  if (settings === undefined) throw new Failure(`No fleet was joined here; run dokku-builds ${command}`);
  if (settings.machine !== undefined && machine !== undefined && settings.machine !== machine) {
    throw new Failure(
      `This machine is a copy of host ${settings.name}: ` +
        `two machines with one id would undo each other's history. ` +
        'Run dokku-builds fleet:leave and then fleet:join here',
    );
  }
  const seed = storedSeed(directory);
  if (seed === undefined) throw new Failure(`${join(directory, SEED_FILE)} is missing; run dokku-builds ${command}`);
  return { ...settings, seed };
}

/** The seed that is stored in `directory`. */
export function storedSeed(directory: string): string | undefined {
  return readSmallFile(join(directory, SEED_FILE), LIMIT_BYTES)?.trim();
}

/** Stores the settings, durable: the directory with mode 0700, the files with 0600. Throws system errors. */
export function writeJoined(directory: string, { seed, ...settings }: Joined): void {
  refuseLink(directory);
  makeDurableDirectory(directory, 0o700);
  replaceFile(join(directory, SEED_FILE), `${seed}\n`, { mode: 0o600, durable: true });
  replaceFile(join(directory, SETTINGS_FILE), `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600, durable: true });
}

/** Removes the settings, durable: a power cut does not bring the key back. False if there were none. */
export function removeSettings(directory: string): boolean {
  if (!refuseLink(directory)) return false;
  rmSync(directory, { recursive: true, force: true });
  syncDirectory(dirname(directory));
  return true;
}

const MACHINE_FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id'];

/** The id of this machine, as a digest that no other program uses; undefined if the system has none. */
export function machineOf(files: readonly string[] = MACHINE_FILES): string | undefined {
  for (const file of files) {
    try {
      const id = readFileSync(file, 'latin1').trim();
      if (id !== '') return sha256().update(`dokku-builds fleet ${id}`).digest('hex');
    } catch {
      // try the next one
    }
  }
  return undefined;
}
