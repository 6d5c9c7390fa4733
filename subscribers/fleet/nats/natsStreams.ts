import { isDeepStrictEqual } from 'node:util';

import {
  DiscardPolicy,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';

import { errorCode, Failure, reasonOf } from '../../../host/failure';
import type { NatsFleet } from './natsFleet';
import { JOURNALS, STATES } from './natsMessages';

/**
 * The two streams, on `replicas` servers each, if that is given. Deleting and purging are denied, and a full JOURNALS
 * refuses new messages instead of removing old ones.
 */
export function streamConfigs(replicas?: number): (Partial<StreamConfig> & { name: string })[] {
  const common = {
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    ...(replicas !== undefined && { num_replicas: replicas }),
    allow_direct: true,
    deny_delete: true,
    deny_purge: true,
  };
  return [
    { ...common, name: JOURNALS, subjects: ['dkb.*.j.*'], discard: DiscardPolicy.New },
    { ...common, name: STATES, subjects: ['dkb.*.now.*'], discard: DiscardPolicy.Old, max_msgs_per_subject: 1 },
  ];
}

/** The manager of streams, which only an administrator may use. */
export function managerOf({ connection }: NatsFleet): Promise<JetStreamManager> {
  return jetstreamManager(connection, { checkAPI: false });
}

/** What `fleet:init` did with a stream. */
export interface StreamOutcome {
  readonly name: string;
  readonly outcome: 'made' | 'was there' | 'changed';
  readonly replicas: number;
}

/**
 * Makes the streams that are missing, and gives those that are there the configuration that they need. `replicas`
 * undefined: those that are there keep as many as they have, new ones get one. Throws {@link Failure}.
 */
export async function makeStreams(fleet: NatsFleet, replicas?: number): Promise<StreamOutcome[]> {
  if ((replicas ?? 1) > 1 && fleet.connection.info?.cluster === undefined)
    throw new Failure(`${replicas} replicas need a cluster, and this server is not part of one`);
  const manager = await managerOf(fleet);
  const outcomes: StreamOutcome[] = [];
  for (const { name, ...config } of streamConfigs(replicas)) {
    try {
      outcomes.push(await makeStream(manager, name, config));
    } catch (error) {
      throw new Failure(`The stream ${name} could not be made: ${reasonOf(error)}${errorCode(error) ?? ''}`);
    }
  }
  return outcomes;
}

async function makeStream(
  manager: JetStreamManager,
  name: string,
  config: Partial<StreamConfig>,
): Promise<StreamOutcome> {
  if (!(await exists(manager, name))) {
    const { config: made } = await manager.streams.add({ name, ...config });
    return { name, outcome: 'made', replicas: made.num_replicas };
  }
  const { config: before } = await manager.streams.info(name);
  const { config: after } = await manager.streams.update(name, config);
  const isSame = Object.entries(config).every(([key, value]) => isDeepStrictEqual(Reflect.get(before, key), value));
  return { name, outcome: isSame ? 'was there' : 'changed', replicas: after.num_replicas };
}

async function exists(manager: JetStreamManager, name: string): Promise<boolean> {
  for await (const known of manager.streams.names()) if (known === name) return true;
  return false;
}
