import type * as crypto from 'node:crypto';
import type * as zlib from 'node:zlib';

/*
 * Both modules are loaded by the first call that needs them. Together they take as long as an empty program, and most calls read a
 * checkpoint and nothing else.
 */

let loadedZlib: typeof zlib | undefined;
let loadedCrypto: typeof crypto | undefined;

/** CRC-32 (IEEE 802.3, as in gzip and PNG) of `bytes`, 0 to 2³²-1. */
export function crc32(bytes: Uint8Array): number {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  loadedZlib ??= require('node:zlib') as typeof zlib;
  return loadedZlib.crc32(bytes);
}

/** A SHA-256 to be updated with bytes. */
export function sha256(): crypto.Hash {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  loadedCrypto ??= require('node:crypto') as typeof crypto;
  return loadedCrypto.createHash('sha256');
}
