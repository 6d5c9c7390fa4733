import { createHmac } from 'node:crypto';
import { lookup as lookUp, type LookupAddress, type LookupOptions } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP } from 'node:net';

import { errorCode, printable, reasonOf } from '../../host/failure';

/** A message that is posted. */
export interface Message {
  readonly url: URL;
  /** What a receiver knows a repetition by. */
  readonly id: string;
  /** What it is about, one word. */
  readonly on: string;
  /** Key of the signature; undefined: none. */
  readonly secret: string | undefined;
  readonly body: object;
}

/** What came back. `reason` is a part of a sentence, without the url. */
export type Reply =
  { readonly delivered: true; readonly status: number } | { readonly delivered: false; readonly reason: string };

const DEFAULT_LIMIT_MS = 10_000;

/**
 * Posts a message, once, and waits `limit` ms at most, from the look-up of the name to the head of the answer. Any status 2xx means that it
 * was taken. A redirect is not followed, the answer's content not looked at. `resolveName` looks names up. Never rejects.
 *
 * By node:http and not by `fetch`: it takes a `lookup`, so that the address that was checked is the one that is connected to, it follows
 * nothing, and it is in every Node 20.
 */
export function postMessage(
  { url, id, on, secret, body }: Message,
  limit = DEFAULT_LIMIT_MS,
  resolveName: Resolve = lookUp,
): Promise<Reply> {
  const bytes = Buffer.from(JSON.stringify(body));
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const refused = refuseAddress(url.hostname.replace(/^\[|\]$/g, ''));
  if (refused !== undefined) return Promise.resolve({ delivered: false, reason: refused.message });
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(limit);
    const fail = (error: Error): void => {
      resolve({
        delivered: false,
        reason: signal.aborted ? `no answer within ${Math.round(limit / 1000)} s` : whatHappened(error),
      });
    };
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent: false, // one connection, closed afterwards
        lookup: lookUpWith(resolveName),
        signal,
        headers: {
          'Content-Type': 'application/json; charset=utf-8',
          'Content-Length': bytes.length,
          'User-Agent': 'dokku-builds',
          'X-Dokku-Builds-Delivery': id,
          'X-Dokku-Builds-Event': on,
          ...(secret !== undefined && { 'X-Dokku-Builds-Signature': signature(secret, bytes) }),
        },
      },
      (response) => {
        response.on('error', () => undefined); // what comes behind the head does not matter
        response.resume();
        const { statusCode: status = 0, statusMessage = '' } = response;
        const said = printable(`${status} ${statusMessage}`.trim());
        if (status >= 200 && status < 300) resolve({ delivered: true, status });
        else if (status >= 300 && status < 400) {
          resolve({ delivered: false, reason: `the answer was ${said}, and redirects are not followed` });
        } else resolve({ delivered: false, reason: `the answer was ${said}` });
      },
    );
    outgoing.on('error', fail);
    outgoing.end(bytes);
  });
}

/** The value of the signature's header: HMAC-SHA-256 over the bytes of the body. */
export function signature(secret: string, body: Uint8Array): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/**
 * What no receiver can have: this network, link-local (which is where clouds hand out the host's credentials), multicast, reserved.
 * Loopback and private addresses are allowed: receivers live there.
 */
const refusedAddresses = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['224.0.0.0', 3],
] as const) {
  refusedAddresses.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 128],
  ['fe80::', 10],
  ['fd00:ec2::254', 128],
  ['ff00::', 8],
] as const) {
  refusedAddresses.addSubnet(network, prefix, 'ipv6');
}

/** Why nothing is sent to `address`; undefined when it may be, or when it is a name. */
function refuseAddress(address: string): Error | undefined {
  const family = isIP(address);
  if (family === 0 || !refusedAddresses.check(address, family === 6 ? 'ipv6' : 'ipv4')) return undefined;
  return new Error(`${address} is an address that nothing is sent to`);
}

type Found = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;
type LookUp = (hostname: string, options: LookupOptions, found: Found) => void;
type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  found: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[] | undefined) => void,
) => void;

/** `dns.lookup` for names none of whose addresses, as `resolve` finds them, are refused. */
export function lookUpWith(resolve: Resolve): LookUp {
  return (hostname, options, found) => {
    resolve(hostname, { ...options, all: true }, (error, addresses = []) => {
      const [first] = addresses;
      const refused = addresses.map(({ address }) => refuseAddress(address)).find((one) => one !== undefined);
      if (error !== null || refused !== undefined) found(error ?? refused ?? null, []);
      else if (options.all === true) found(null, addresses);
      else found(null, first?.address ?? '', first?.family);
    });
  };
}

function whatHappened(error: Error): string {
  const code = errorCode(error);
  const sentence = code === undefined ? undefined : WHAT_HAPPENED[code];
  return sentence ?? printable(code === undefined ? reasonOf(error) : `${code} (${reasonOf(error)})`);
}

const WHAT_HAPPENED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before an answer came',
  EPIPE: 'the connection was closed before an answer came',
  ENOTFOUND: 'its name has no address',
  EAI_AGAIN: 'its name could not be looked up',
};
