import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';

/** A journal put together from the stream, and what was wrong on the way. */
export interface Audited {
  readonly branches: ReadonlyMap<number, Buffer>;
  readonly faults: readonly string[];
}

/**
 * Reads the stream message by message and puts the journals together from what docs/fleet.md says of a piece. Shares
 * no code with what is audited: neither with what publishes nor with what mirrors.
 */
export async function audit(url: string, seed: string, id: string): Promise<ReadonlyMap<string, Audited>> {
  const connection = await connect({
    servers: url,
    inboxPrefix: `_INBOX_DKB.${id}`,
    authenticator: nkeyAuthenticator(Buffer.from(seed)),
  });
  try {
    return await readAll(connection);
  } finally {
    await connection.close();
  }
}

async function readAll(connection: NatsConnection): Promise<ReadonlyMap<string, Audited>> {
  const journals = new Map<string, { branches: Map<number, Buffer>; faults: string[] }>();
  for (let sequence = 1; ; sequence += 1) {
    const request = JSON.stringify({ seq: sequence, next_by_subj: '>' });
    const message = await connection.request('$JS.API.DIRECT.GET.DKB_JOURNALS', request, { timeout: 5000 });
    if ((message.headers?.code ?? 0) !== 0) break;
    sequence = Number(message.headers?.get('Nats-Sequence'));
    const key = (message.headers?.get('Nats-Subject') ?? '').split('.').at(-1) ?? '';
    const fields = (message.headers?.get('Dkb-Piece') ?? '').split(' ');
    const [branch, from] = [Number(fields[1]), Number(fields[2])];
    const audited = journals.get(key) ?? { branches: new Map<number, Buffer>(), faults: [] };
    journals.set(key, audited);
    const before = audited.branches.get(branch) ?? Buffer.alloc(0);
    if (before.length !== from) audited.faults.push(`message ${sequence}: byte ${from} follows byte ${before.length}`);
    audited.branches.set(branch, Buffer.concat([before.subarray(0, from), message.data]));
  }
  return journals;
}
