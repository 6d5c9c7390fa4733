import type * as crypto from 'node:crypto';

/** Longer ones are left to node:crypto, which is faster at it but takes 2 ms to load: as long as all else a deploy's trigger does. */
const SHORT_BYTES = 4096;

/** SHA-256 (FIPS 180-4) of all that `chunks` hold together, 32 bytes. `length` is theirs, in bytes. */
export function sha256(length: number, chunks: Iterable<Uint8Array>): Uint8Array {
  if (length <= SHORT_BYTES) return sha256OfShort(Buffer.concat([...chunks]));
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where it pays
  const { createHash } = require('node:crypto') as typeof crypto;
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}

/** SHA-256 of `bytes`, computed here: 0.5 ms the first time. */
export function sha256OfShort(bytes: Uint8Array): Uint8Array {
  const message = padded(bytes);
  const state = INITIAL.slice();
  const words = new Int32Array(64);
  for (let block = 0; block < message.byteLength; block += 64) {
    for (let i = 0; i < 16; i += 1) words[i] = message.getInt32(block + 4 * i);
    for (let i = 16; i < 64; i += 1) {
      const early = at(words, i - 15);
      const late = at(words, i - 2);
      const s0 = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3);
      const s1 = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10);
      words[i] = at(words, i - 16) + s0 + at(words, i - 7) + s1;
    }
    compress(state, words);
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => digest.setInt32(4 * i, word));
  return new Uint8Array(digest.buffer);
}

/** The message, a 1 bit, zeros, and its length in bits, in blocks of 64 bytes. */
function padded(bytes: Uint8Array): DataView {
  const message = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  message.set(bytes);
  message[bytes.length] = 0x80;
  const view = new DataView(message.buffer);
  view.setUint32(message.length - 4, bytes.length * 8);
  return view;
}

function compress(state: Int32Array, words: Int32Array): void {
  let a = at(state, 0);
  let b = at(state, 1);
  let c = at(state, 2);
  let d = at(state, 3);
  let e = at(state, 4);
  let f = at(state, 5);
  let g = at(state, 6);
  let h = at(state, 7);
  for (let i = 0; i < 64; i += 1) {
    const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + at(K, i) + at(words, i)) | 0;
    const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = at(state, i) + word));
}

function at(words: Int32Array, index: number): number {
  return words[index] ?? 0; // never outside, which the compiler does not see
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** The primes from 2 to 311, which the constants are made of. */
const PRIMES = Array.from({ length: 312 }, (_, n) => n).filter(isPrime);

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor += 1) if (n % divisor === 0) return false;
  return n >= 2;
}

/** The first 32 bits of the fractions of the square roots of the first 8 primes, and of the cube roots of all 64. */
const INITIAL = Int32Array.from(PRIMES.slice(0, 8), (prime) => fractionBits(Math.sqrt(prime)));
const K = Int32Array.from(PRIMES, (prime) => fractionBits(Math.cbrt(prime)));

function fractionBits(root: number): number {
  return ((root % 1) * 2 ** 32) | 0;
}
