import { createConnection, type Socket } from 'node:net';

import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import { NatsConnectionImpl, setTransportFactory } from '@nats-io/transport-node/lib/nats-base-client';
import { nodeResolveHost, NodeTransport } from '@nats-io/transport-node/lib/node_transport';

export * as transport from '@nats-io/transport-node';

/**
 * Connects as `connect` of the client does. After a time-out, that one leaves its socket open: the process would not
 * end, and an agent would leave a socket at every try.
 */
export function connectClient(options: ConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new ClosingTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}

class ClosingTransport extends NodeTransport {
  #dialled: Socket | undefined;

  override dial({ hostname, port }: Parameters<NodeTransport['dial']>[0]): Promise<Socket> {
    const socket = createConnection({ host: hostname, port, noDelay: true });
    this.#dialled = socket;
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeAllListeners();
        resolve(socket);
      });
    });
  }

  override async close(error?: Error): Promise<void> {
    await super.close(error);
    this.#dialled?.destroy();
  }
}
