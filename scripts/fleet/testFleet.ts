import { join } from 'node:path';

import { createSandbox, expectSuccess, type Result, type Running, type Sandbox } from '../sandbox/host';
import { freePort, type NatsServer, startNatsServer } from './natsServer';

/** A host, a reader or an administrator: somebody with a home and a key. */
export interface Member {
  readonly name: string;
  readonly sandbox: Sandbox;
  /** What `fleet:join` printed. */
  readonly line: string;
  /** `dokku-builds ARGS`, to its end. */
  run(args: readonly string[]): Promise<Result>;
  start(args: readonly string[]): Running;
}

/** How a fleet is made. */
export interface FleetOptions {
  readonly program: string;
  readonly directory: string;
  readonly hosts: readonly string[];
  /** Called before each command that makes the fleet. `who` types it. */
  readonly onCommand?: (who: string, args: readonly string[]) => void;
}

/** Some hosts in sandboxes, a reader, and a real server. */
export interface TestFleet {
  readonly hosts: readonly Member[];
  readonly reader: Member;
  readonly administrator: Member;
  readonly url: string;
  server(): NatsServer;
  /** Starts the server again, after it was stopped. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

/** Makes one: everybody has joined, the server runs, the streams are made. */
export async function createFleet(options: FleetOptions): Promise<TestFleet> {
  const { program, directory, hosts: names, onCommand = () => undefined } = options;
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const hosts = await Promise.all(names.map((name) => joined(name, 'host', url, onCommand)));
  const [home] = hosts;
  if (home === undefined) throw new Error('a fleet has at least one host');
  const reader = await joined('desk', 'reader', url, onCommand);
  const administrator = await joined('desk', 'administrator', url, onCommand, reader.sandbox);
  const lines = [...hosts, reader, administrator].map(({ line }) => line);
  const store = join(directory, 'store');
  onCommand('desk', ['fleet:server-config', '-', '<', 'lines', '>', 'nats.conf']);
  const config = await reader.run(['fleet:server-config', lines.join(','), '--store', store]);
  const { stdout: configuration } = expectSuccess(config);
  const start = (): Promise<NatsServer> => startNatsServer({ directory, program, port, configuration });
  let server = await start();
  onCommand('desk', ['fleet:init']);
  expectSuccess(await administrator.run(['fleet:init']));
  return {
    hosts,
    reader,
    administrator,
    url,
    server: () => server,
    async restart() {
      server = await start();
    },
    async remove() {
      await server.stop('SIGKILL');
      await Promise.all([...hosts, reader].map(({ sandbox }) => sandbox.remove()));
    },
  };
}

async function joined(
  name: string,
  role: string,
  url: string,
  onCommand: NonNullable<FleetOptions['onCommand']>,
  sandbox?: Sandbox,
): Promise<Member> {
  const own = sandbox ?? (await createSandbox({ tracking: 'link' }));
  const executable = join(own.paths.plugins, 'enabled', 'builds', 'bin', 'dokku-builds');
  const run = (args: readonly string[]): Promise<Result> => own.run([executable, ...args]);
  const join_ = ['fleet:join', url, '--name', name, '--as', role];
  onCommand(name, join_);
  const { stdout } = expectSuccess(await run(join_));
  const line = /^(host|reader|administrator)\/\S+$/m.exec(stdout)?.[0] ?? '';
  return { name, sandbox: own, line, run, start: (args) => own.start([executable, ...args]) };
}
