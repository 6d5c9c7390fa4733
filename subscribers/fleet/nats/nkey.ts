import { createPrivateKey, sign } from 'node:crypto';

import type { Authenticator } from '@nats-io/transport-node';

import { Failure } from '../../../host/failure';

/*
 * Signs the challenge of a server. The client's own library computes Ed25519 in JavaScript, which in a program that
 * has just started takes three times as long as everything else that a connection needs.
 */

/** The bytes before the 32 bytes of an Ed25519 private key in PKCS #8, see RFC 8410. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Two bytes before the key say its type, two behind it are a check sum. */
const [SEED_AT, SEED_BYTES, SEED_CHARACTERS] = [2, 32, 58];

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Answers a server's challenge for the user with this public NKey and seed. Throws {@link Failure} for no seed. */
export function signing(nkey: string, seed: string): Authenticator {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, secretOf(seed)]), format: 'der', type: 'pkcs8' });
  return (nonce = '') => ({ nkey, sig: sign(null, Buffer.from(nonce), key).toString('base64url') });
}

function secretOf(seed: string): Buffer {
  if (seed.length !== SEED_CHARACTERS || !seed.startsWith('SU')) throw new Failure('The stored key is damaged');
  const bytes: number[] = [];
  let [bits, held] = [0, 0];
  for (const character of seed) {
    held = ((held << 5) | BASE32.indexOf(character)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return Buffer.from(bytes.slice(SEED_AT, SEED_AT + SEED_BYTES));
}
