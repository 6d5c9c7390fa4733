import test from 'ava';
import { nkeys } from '@nats-io/transport-node';

import { Failure } from '../../../../host/failure';
import { signing } from '../../../../subscribers/fleet/nats/nkey';

test('a challenge is signed as the library of the client signs it', (t) => {
  for (let keys = 0; keys < 20; keys += 1) {
    const pair = nkeys.createUser();
    const [key, seed] = [pair.getPublicKey(), Buffer.from(pair.getSeed()).toString()];
    const answer = signing(key, seed)('a nonce') as { nkey: string; sig: string };
    t.is(answer.nkey, key);
    t.true(nkeys.fromPublic(key).verify(Buffer.from('a nonce'), Buffer.from(answer.sig, 'base64url')));
  }
});

test('what is not a seed of a user is refused', (t) => {
  for (const seed of ['', 'SU', 'UA'.padEnd(58, 'A')]) t.throws(() => signing('UA', seed), { instanceOf: Failure });
});
