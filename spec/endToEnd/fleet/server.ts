import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { freePort, natsServerProgram, type NatsServer, startNatsServer } from '../../../scripts/fleet/natsServer';
import type { Keyed } from '../../../scripts/fleet/newMember';
import { connectNats, type NatsFleet } from '../../../subscribers/fleet/nats/natsFleet';
import { inboxOf, type Member, serverConfiguration } from '../../../subscribers/fleet/nats/serverConfiguration';

const installed = natsServerProgram();

/** Path of nats-server; '' where there is none, and then {@link withServer} skips. */
export const program = 'program' in installed ? installed.program : '';

/** A server ends by itself after this time, whatever becomes of the spec. A busy machine takes minutes for some. */
export const SERVER_SECONDS = 900;

/** A server answers when a message is on its disk. A busy disk takes seconds. */
export const PATIENT_MS = 60_000;

/** A test that needs a real server. */
export const withServer = program === '' ? test.skip : test;

/** A server of its own for a spec, and how to connect to it. */
export interface OwnServer {
  readonly directory: string;
  server(): NatsServer;
  /** An answer may take `timeout` ms. */
  connect(as: Keyed, timeout?: number): Promise<NatsFleet>;
  /** Starts it again; `change` works on its files before that. */
  restart(signal: NodeJS.Signals, change?: (directory: string) => void): Promise<void>;
}

/** Starts a server that knows `members`; it ends with the test. */
export async function startServer(
  t: ExecutionContext,
  members: readonly Member[],
  edit = (configuration: string): string => configuration,
): Promise<OwnServer> {
  const directory = mkdtempSync(join(tmpdir(), 'dokku-fleet-'));
  const plan = { members, name: 'one', listen: '', store: join(directory, 'store') };
  const configuration = edit(serverConfiguration(plan));
  const port = await freePort();
  let server = await startNatsServer({ directory, program, configuration, port, seconds: SERVER_SECONDS });
  t.teardown(async () => {
    await server.stop('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    directory,
    server: () => server,
    async connect(user, timeout = PATIENT_MS) {
      const fleet = await connectNats({
        servers: [server.url],
        user,
        inbox: inboxOf(user.id),
        name: user.role,
        timeout,
      });
      t.teardown(() => fleet.close());
      return fleet;
    },
    async restart(signal, change) {
      await server.stop(signal);
      change?.(directory);
      server = await startNatsServer({ directory, program, configuration, port, seconds: SERVER_SECONDS });
    },
  };
}
