import { createHmac } from 'node:crypto';
import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { type ClientRequest, type IncomingMessage, request as requestHttp, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';

import { errorCode, printable, reasonOf } from '../../../host/failure';
import type { Post } from '../formats/format';
import type { Header } from '../settings';
import { isRefusedAddress, refusalOf, refusedAddressIn } from './addresses';
import { trustedCertificates } from './certificates';
import { parseRetryAfter } from './retryAfter';

/** What is posted. */
export interface Posting {
  readonly post: Post;
  /** What a receiver knows a repetition by. */
  readonly id: string;
  /** What it is about, one word. */
  readonly on: string;
  /** Key of the signature; undefined: none. */
  readonly secret: string | undefined;
  /** A header of the receiver's; undefined: none. */
  readonly header?: Header | undefined;
}

/** What came back. */
export type Reply = { readonly delivered: true; readonly status: number } | Refusal;

/** The message was not taken. */
interface Refusal {
  readonly delivered: false;
  /** A part of a sentence, without the url. */
  readonly reason: string;
  /** How long the receiver asks to be left alone, ms. */
  readonly retryAfter?: number;
  /** The receiver said that it will not be there any more (status 410). */
  readonly gone?: true;
}

/** What a specification can replace. */
export interface Means {
  /** ms for everything from the look-up of the name to the head of the answer. */
  readonly limit?: number;
  /** Looks names up. */
  readonly resolve?: Resolve;
  /** Certificate authorities, PEM. */
  readonly trusted?: string;
}

const DEFAULT_LIMIT_MS = 10_000;

/**
 * How long the connection is kept open for the rest of an answer after its head has come. No delivery waits for that,
 * but the process does not end before.
 */
const REST_MS = 500;

/** A receiver may send a few interim answers (1xx) before its answer. A flood of them would keep the process busy. */
const MOST_INTERIM_ANSWERS = 100;

/**
 * Posts a message once. Any status 2xx means that it was taken. A redirect is not followed, the answer's content is
 * not read. Certificates are checked whatever the environment says. Never rejects.
 *
 * By node:http and not by `fetch`: it takes a `lookup`, so that the address that was checked is the one that is
 * connected to; it follows no redirect and regards no proxy variable.
 */
export function postMessage({ post, id, on, secret, header }: Posting, means: Means = {}): Promise<Reply> {
  const { limit = DEFAULT_LIMIT_MS, resolve: resolveName = dnsLookup } = means;
  const { url, body } = post;
  const address = refusedAddressIn(url);
  if (address !== undefined) return Promise.resolve(refused(refusalOf(address)));
  const bytes = Buffer.from(body);
  const options: RequestOptions = {
    method: 'POST',
    agent: false, // one connection, closed afterwards
    lookup: checkedLookup(resolveName),
    headers: {
      ...post.headers,
      'Content-Type': post.contentType,
      'Content-Length': bytes.length,
      'User-Agent': 'dokku-builds',
      'X-Dokku-Builds-Delivery': id,
      'X-Dokku-Builds-Event': on,
      ...(secret !== undefined && { 'X-Dokku-Builds-Signature': signature(secret, bytes) }),
      ...(header && { [header.name]: header.value }),
    },
  };
  const outgoing =
    url.protocol === 'https:'
      ? requestHttps(url, { ...options, rejectUnauthorized: true, ca: means.trusted ?? trustedCertificates() })
      : requestHttp(url, options);
  const reply = replyTo(outgoing, limit);
  outgoing.end(bytes);
  return reply;
}

/** The reply to `outgoing` within `limit` ms. The connection is closed soon in any case. */
function replyTo(outgoing: ClientRequest, limit: number): Promise<Reply> {
  return new Promise((resolve) => {
    const close = (): void => {
      outgoing.destroy();
    };
    const deadline = setTimeout(() => {
      finish(refused(`no answer within ${Math.round(limit / 1000)} s`));
      close();
    }, limit);
    const finish = (reply: Reply): void => {
      clearTimeout(deadline);
      resolve(reply);
    };
    outgoing.on('response', (response) => {
      finish(replyOf(response));
      const rest = setTimeout(close, REST_MS);
      response.on('error', () => undefined); // the answer is known
      response.on('close', () => {
        clearTimeout(rest);
      });
      response.resume();
    });
    let interim = 0;
    outgoing.on('information', () => {
      if (++interim <= MOST_INTERIM_ANSWERS) return;
      finish(refused(`no answer came, only more than ${MOST_INTERIM_ANSWERS} interim ones (1xx)`));
      close();
    });
    // Node closes such a connection without a word if nobody listens.
    outgoing.on('upgrade', (response: IncomingMessage) => {
      finish(replyOf(response));
      close();
    });
    outgoing.on('error', (error) => {
      finish(refused(whatHappened(error)));
    });
    outgoing.on('close', () => {
      finish(refused('the connection was closed before an answer came'));
    });
  });
}

function replyOf({ statusCode: status = 0, statusMessage = '', headers }: IncomingMessage): Reply {
  if (status >= 200 && status < 300) return { delivered: true, status };
  const said = `the answer was ${printable(`${status} ${statusMessage}`.trim())}`;
  if (status >= 300 && status < 400) return refused(`${said}, and redirects are not followed`);
  const retryAfter = parseRetryAfter(headers['retry-after'], Date.now());
  return {
    ...refused(said),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(status === 410 && { gone: true }),
  };
}

function refused(reason: string): Refusal {
  return { delivered: false, reason };
}

/** The value of the signature's header: HMAC-SHA-256 over the bytes of the body. */
export function signature(secret: string, body: Uint8Array): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

type Found = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;
type Lookup = (hostname: string, options: LookupOptions, found: Found) => void;
type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  found: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[] | undefined) => void,
) => void;

/** `dns.lookup` by means of `resolve`. Fails for a name if one of its addresses is refused. */
export function checkedLookup(resolve: Resolve): Lookup {
  return (hostname, options, found) => {
    resolve(hostname, { ...options, all: true }, (error, addresses = []) => {
      const [first] = addresses;
      const bad = addresses.find(({ address }) => isRefusedAddress(address));
      if (error !== null || bad !== undefined) found(error ?? new Error(refusalOf(bad?.address ?? '')), []);
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

const NOT_TRUSTED = 'no authority that this host trusts has signed its certificate (see update-ca-certificates)';

const WHAT_HAPPENED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before an answer came',
  EPIPE: 'the connection was closed before an answer came',
  ENOTFOUND: 'its name has no address',
  EAI_AGAIN: 'its name could not be looked up',
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on this port (perhaps its address is http:// and not https://)',
};
