import type * as crypto from 'node:crypto';
import type * as zlib from 'node:zlib';

import { tableCrc32 } from './rangeCrcs';

/*
 * Measured on the executable: node:crypto takes 3 ms to load, node:zlib 4 ms, and an empty program 3.5 ms. So both are
 * loaded when they are needed. A call that reads a checkpoint needs no SHA-256, and the CRC-32 of few bytes, for which
 * a table is enough.
 */

let loadedZlib: typeof zlib | undefined;
let loadedCrypto: typeof crypto | undefined;

/** Up to this length, a table is used. */
const FEW_BYTES = 32 * 1024;
let summed = 0;

/** CRC-32 (IEEE 802.3, as in gzip and PNG) of `bytes`, 0 to 2³²-1. */
export function crc32(bytes: Uint8Array): number {
  summed += bytes.length;
  if (summed <= FEW_BYTES) return tableCrc32(bytes);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  loadedZlib ??= require('node:zlib') as typeof zlib;
  return loadedZlib.crc32(bytes);
}

/** A SHA-256 to be updated with bytes. */
export function sha256(): crypto.Hash {
  return cryptography().createHash('sha256');
}

/** The SHA-256 of `bytes`, in half the time that a hash to be updated takes for a frame. */
export function sha256Of(bytes: Uint8Array): Buffer {
  return cryptography().hash('sha256', bytes, 'buffer');
}

function cryptography(): typeof crypto {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  return (loadedCrypto ??= require('node:crypto') as typeof crypto);
}
