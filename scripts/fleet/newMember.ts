import { nkeys } from '@nats-io/transport-node';
import { ulid } from 'ulid';

import type { Member } from '../../subscribers/fleet/nats/serverConfiguration';

/** Who may connect, and with which secret. */
export interface Keyed extends Member {
  /** NKey seed. */
  readonly seed: string;
}

/** Somebody new, with a key that no one else has. */
export function newMember(role: Member['role']): Keyed {
  const pair = nkeys.createUser();
  return { role, id: ulid(), key: pair.getPublicKey(), seed: Buffer.from(pair.getSeed()).toString() };
}
