import { Failure } from '../../../host/failure';
import { connectNats, type NatsFleet } from './natsFleet';
import { inboxOf } from './serverConfiguration';
import type { Joined } from '../settings';

/** Connects as `joined`. Rejects with `EngineAway`, and with {@link Failure} for a server that is too old. */
export async function connectFleet(joined: Joined, timeout?: number): Promise<NatsFleet> {
  const { servers, key, seed, authority, id, role, name } = joined;
  const fleet = await connectNats({
    servers,
    user: { key, seed },
    authority,
    inbox: inboxOf(id),
    name: `dokku-builds ${role} ${name}`,
    ...(timeout !== undefined && { timeout }),
  });
  const { version } = fleet;
  if (isNewEnough(version)) return fleet;
  await fleet.close();
  throw new ServerTooOld(version);
}

/** Does `work` on a connection of its own, and closes it also after an error: an open one would keep the process. */
export async function withFleet<T>(joined: Joined, work: (fleet: NatsFleet) => Promise<T>): Promise<T> {
  const fleet = await connectFleet(joined);
  try {
    return await work(fleet);
  } finally {
    await fleet.close();
  }
}

/** The server is too old for the fleet. */
export class ServerTooOld extends Failure {
  constructor(version: string) {
    const least = LEAST_VERSION.join('.');
    super(
      `The server is nats-server ${version}: ${least} or later is needed, with "sync_interval: ` +
        'always" (before 2.10 a server cannot sync before it acknowledges)',
    );
  }
}

/** The first version with direct get in batches. */
const LEAST_VERSION = [2, 11] as const;

/** Whether `version` of nats-server is new enough for the fleet. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return major > LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor >= LEAST_VERSION[1]);
}

/** How a server of the fleet describes itself. */
export interface ServerReport {
  readonly name: string;
  readonly version: string;
  /** It syncs before it acknowledges. */
  readonly durable: boolean;
}

const SERVERS_MS = 1000;

/** The reports of the servers, by name; none if their configuration does not let a client see them. */
export async function readServers(fleet: NatsFleet): Promise<ServerReport[]> {
  const answers = await fleet.servers(SERVERS_MS);
  return answers.flatMap((answer) => asReport(answer) ?? []).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function asReport(answer: unknown): ServerReport | undefined {
  const { server, data } = (answer ?? {}) as {
    server?: { name?: unknown; ver?: unknown };
    data?: { config?: { sync_always?: unknown }; disabled?: unknown };
  };
  if (typeof server?.name !== 'string' || typeof server.ver !== 'string' || data?.disabled === true) return undefined;
  return { name: server.name, version: server.ver, durable: data?.config?.sync_always === true };
}
