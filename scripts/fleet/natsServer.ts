import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';

/*
 * nats-server for specs and for the demonstration: built once by the Go toolchain from its Go module, whose content Go
 * checks against the checksum database, and kept in node_modules/.cache. Where there is no Go, or no way to the
 * module, there is no server.
 */

/** The version that the specs run with. */
export const NATS_SERVER_VERSION = '2.11.17';

/** The version of Debian 12. It is too old: the program refuses it. */
export const OLD_NATS_SERVER_VERSION = '2.9.10';

const root = path.join(__dirname, '..', '..');

/** Path of a program, or why there is none. */
export type Installed = { readonly program: string } | { readonly missing: string };

const cacheOf = (version: string): string => path.join(root, 'node_modules/.cache', `nats-server-${version}`);

/** The program where it was built before. */
export function natsServerProgram(version = NATS_SERVER_VERSION): Installed {
  const built = path.join(cacheOf(version), 'nats-server');
  return existsSync(built) ? { program: built } : { missing: 'it was not built: npm test does that where there is Go' };
}

/** Builds the program unless it is there: about a minute the first time. */
export function installNatsServer(version = NATS_SERVER_VERSION): Installed {
  const present = natsServerProgram(version);
  if ('program' in present) return present;
  const cache = cacheOf(version);
  if (spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) return { missing: 'there is no Go toolchain' };
  const stage = `${cache}.${process.pid}`;
  mkdirSync(stage, { recursive: true });
  try {
    const module = `github.com/nats-io/nats-server/v2@v${version}`;
    const env = { ...process.env, GOBIN: stage };
    execFileSync('go', ['install', module], { env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], timeout: 600_000 });
    mkdirSync(cache, { recursive: true });
    renameSync(path.join(stage, 'nats-server'), path.join(cache, 'nats-server'));
    return natsServerProgram(version);
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n').slice(-2);
    return { missing: `go install of nats-server ${version} failed: ${reason}` };
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** A server that was started. */
export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** Of the server itself, to be killed by. */
  readonly pid: number;
  /** Sends a signal to it and waits for its end. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** How it is started. */
export interface ServerOptions {
  /** Where its configuration and its streams are. */
  readonly directory: string;
  /** Text of the configuration; its `listen` is replaced. Default: JetStream that syncs every message. */
  readonly configuration?: string | undefined;
  /** 0: a free port. */
  readonly port?: number;
  readonly program: string;
  /** After this many seconds it is killed, whatever happens to who started it. */
  readonly seconds?: number;
}

/** Starts a server on loopback; resolves when it is ready, rejects with what it printed when it ends before. */
export function startNatsServer(options: ServerOptions): Promise<NatsServer> {
  const { directory, configuration = jetstreamOf(options.directory), port = 0, program, seconds = 300 } = options;
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, 'server.conf');
  const listen = `listen: "127.0.0.1:${port === 0 ? -1 : port}"\n`;
  writeFileSync(file, listen + configuration.replace(/^listen: .*\n/m, ''), { mode: 0o600 });
  const child = spawn('timeout', ['-s', 'KILL', String(seconds), program, '-c', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let ended = false;
  const end = new Promise<void>((resolve) => {
    child.once('close', () => {
      ended = true;
      resolve();
    });
  });
  return new Promise((resolve, reject) => {
    const onData = (data: Buffer): void => {
      printed += data.toString();
      if (!printed.includes('Server is ready')) return;
      const listening = Number(/Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(printed)?.[1]);
      const pid = Number(/^\[(\d+)\]/m.exec(printed)?.[1]);
      resolve({
        url: `nats://127.0.0.1:${listening}`,
        port: listening,
        pid,
        async stop(signal = 'SIGTERM') {
          if (!ended) {
            try {
              process.kill(pid, signal);
              if (signal !== 'SIGKILL') process.kill(pid, 'SIGCONT');
            } catch {
              // it has ended just now
            }
          }
          await end;
        },
      });
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.once('error', reject);
    void end.then(() => reject(new Error(`nats-server ended:\n${printed}`)));
  });
}

/** JetStream that is on disk before it acknowledges. */
function jetstreamOf(directory: string): string {
  return `server_name: one\njetstream { store_dir: "${directory}/streams", sync_interval: always }\n`;
}

/**
 * A port on loopback that nobody listens on now. A port below the range from which the kernel chooses: it is still
 * free when the server starts a while later, or again.
 */
export async function freePort(): Promise<number> {
  const [firstOfKernel = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
  if (firstOfKernel <= FIRST_PORT) return portOf(await addressOn(0));
  for (let tries = 0; ; tries += 1) {
    try {
      return portOf(await addressOn(randomInt(FIRST_PORT, firstOfKernel)));
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
    }
  }
}

const FIRST_PORT = 15_000;
const MOST_TRIES = 20;

/** Listens on `port`, closes it again, and resolves to its address. */
function addressOn(port: number): Promise<ReturnType<Server['address']>> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address));
    });
  });
}

function portOf(address: ReturnType<Server['address']>): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
