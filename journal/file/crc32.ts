import type * as zlib from 'node:zlib';

/** So many bytes are summed by table: node:zlib takes 2 ms to load, which a call that reads one checkpoint does not get back. */
const PATIENCE_BYTES = 32 * 1024;

type Crc32 = (bytes: Uint8Array) => number;

let summed = 0;
let native: Crc32 | undefined;

/** CRC-32 (IEEE 802.3, as in gzip and PNG) of `bytes`, 0 to 2³²-1. */
export function crc32(bytes: Uint8Array): number {
  if (native !== undefined) return native(bytes);
  summed += bytes.length;
  if (summed <= PATIENCE_BYTES) return tableCrc32(bytes);
  native = nativeCrc32();
  return native(bytes);
}

/** Node 20.15 and later have it built in. */
function nativeCrc32(): Crc32 {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where it pays
  const loaded = require('node:zlib') as typeof zlib;
  return 'crc32' in loaded ? loaded.crc32 : tableCrc32;
}

let table: Uint32Array | undefined;

/** The same, computed here. */
export function tableCrc32(bytes: Uint8Array): number {
  table ??= makeTable();
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

function makeTable(): Uint32Array {
  const made = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    made[byte] = crc;
  }
  return made;
}
