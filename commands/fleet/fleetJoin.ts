import { defineCommand } from '../definition/command';
import { aSwitch, aText } from '../definition/flags';
import { asRole, aWord, ofFleet } from './fleetFlags';
import { isLoopback } from './loopback';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isatty } from 'node:tty';

import { nkeys } from '@nats-io/transport-node';
import { ulid } from 'ulid';

import { Failure, printable, reasonOf } from '../../host/failure';
import { propertiesRoot } from '../../host/dokku/paths';
import type { Output } from '../../host/terminal/output';
import { readStdin } from '../shared/readStdin';
import { asOwnerOf } from '../../host/system/asOwner';
import { readServers, withFleet } from '../../subscribers/fleet/nats/connect';
import { EngineAway } from '../../subscribers/fleet/engine';
import { memberText } from '../../subscribers/fleet/nats/serverConfiguration';
import {
  type Joined,
  machineOf,
  readSettings,
  settingsDirectory,
  storedSeed,
  writeJoined,
} from '../../subscribers/fleet/settings';
import { HOST_NAME } from '../../subscribers/fleet/states';

/** The seed of an NKey comes from stdin. If that is a terminal or empty, the key stays as it was, or one is made. */
export const fleetJoin = defineCommand({
  description: 'Make this host part of a fleet or this user a reader of it',
  args: { url: aWord('<url>', 'the server, such as tls://nats.example.org:4222; separate several by commas') },
  flags: {
    name: aText('<name>', 'the name of this host for people; by default its host name'),
    as: asRole,
    ca: aText(
      '<file>',
      'the authority that signed the certificates of the servers (PEM); by default those that the system trusts',
      'file',
    ),
    insecure: aSwitch('allow a server without TLS on another machine'),
  },
  example: 'tls://nats.example.org:4222 --name web1',
  ...ofFleet,
  async run({ host, output, args: { url }, flags }) {
    const role = flags.as ?? 'host';
    const servers = parseServers(url, flags.insecure);
    const directory = settingsDirectory(host, role, process.env);
    const machine = role === 'host' ? machineOf() : undefined;
    const before = readSettings(directory);
    if (before?.machine !== undefined && machine !== undefined && before.machine !== machine)
      throw new Failure(`This machine is a copy of host ${before.name}; run dokku-builds fleet:leave first`);
    const seed = (await seedFromStdin(output)) ?? storedSeed(directory) ?? newSeed();
    const authority = flags.ca === undefined ? before?.authority : readAuthority(flags.ca);
    const joined: Joined = {
      role,
      servers,
      id: before?.id ?? ulid(),
      name: parseName(flags.name ?? before?.name),
      key: publicKeyOf(seed),
      seed,
      ...(machine !== undefined && { machine }),
      ...(authority !== undefined && { authority }),
    };
    const answer = await tryOut(joined);
    if (role === 'host') asOwnerOf(propertiesRoot(host), () => writeJoined(directory, joined));
    else writeJoined(directory, joined);
    const { name } = joined;
    output.step(`Joined as ${role} ${name}`);
    output.line(memberText(joined));
    for (const warning of answer) output.warn(warning);
    if (role === 'host')
      output.note('Next: systemctl enable --now dokku-builds-fleet.service, or dokku-builds fleet:push');
    return undefined;
  },
});

function parseServers(text: string, insecure: boolean): string[] {
  return text.split(',').map((one) => {
    const [, scheme, name = '', port = '4222'] = ADDRESS.exec(one) ?? [];
    if (scheme === undefined || Number(port) === 0 || Number(port) > HIGHEST_PORT)
      throw new Failure(`Invalid address "${printable(one)}": must be like tls://nats.example.org:4222`);
    if (scheme === 'nats' && !insecure && !isLoopback(name)) {
      throw new Failure(`${one} has no TLS, so everybody on the way can read the history; use tls://, or --insecure`);
    }
    return one;
  });
}

const ADDRESS = /^(tls|nats):\/\/(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?$/;
const HIGHEST_PORT = 65_535;

function parseName(
  text = hostname()
    .split('.')[0]
    ?.replace(/[^A-Za-z0-9._-]/g, '-') ?? '',
): string {
  if (HOST_NAME.test(text)) return text;
  throw new Failure(
    `Invalid --name value "${printable(text)}" (letters, digits, ., - and _ only; at most 63 characters)`,
  );
}

const SEED_BYTES = 1024;
const LONGEST_WAIT_MS = 60_000;

async function seedFromStdin(output: Output): Promise<string | undefined> {
  if (isatty(0)) return undefined;
  const text = await readStdin(output, 'the seed of a key', { oneLine: true, limit: LONGEST_WAIT_MS });
  return text.slice(0, SEED_BYTES).trim() || undefined;
}

function newSeed(): string {
  return Buffer.from(nkeys.createUser().getSeed()).toString();
}

/** Certificates, one or more, in PEM. */
function readAuthority(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(`--ca ${printable(file)} cannot be read: ${reasonOf(error)}`);
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new Failure(`--ca ${printable(file)} holds no certificate in PEM ("-----BEGIN CERTIFICATE-----")`);
}

function publicKeyOf(seed: string): string {
  let key = '';
  try {
    key = nkeys.fromSeed(Buffer.from(seed)).getPublicKey();
  } catch {
    // said below
  }
  if (key.startsWith('U')) return key;
  throw new Failure('What stdin gave is not the seed of a user (58 characters that begin with SU)');
}

/** Tries the servers, and returns warnings. Throws {@link Failure} if they lack something that is needed. */
async function tryOut(joined: Joined): Promise<string[]> {
  try {
    const servers = await withFleet(joined, readServers);
    const careless = servers.filter(({ durable }) => !durable).map(({ name }) => name);
    if (careless.length > 0) {
      throw new Failure(
        `${careless.join(', ')}: acknowledges before it is on disk; set "sync_interval: always" in its jetstream block`,
      );
    }
    return servers.length > 0
      ? []
      : ['Whether the servers sync before they acknowledge cannot be seen from here; fleet:server-config shows how'];
  } catch (error) {
    if (!(error instanceof EngineAway)) throw error;
    return [`The fleet does not answer yet (${reasonOf(error)}); the line above goes to fleet:server-config`];
  }
}
