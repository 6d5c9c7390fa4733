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
 * The two streams, on `replicas` servers each. Deleting and purging are denied, and a full JOURNALS refuses new
 * messages instead of removing old ones.
 */
export function streamConfigs(replicas: number): (Partial<StreamConfig> & { name: string })[] {
  const common = {
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: replicas,
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

/** Makes the streams that are missing; returns of each whether it was made. Throws {@link Failure}. */
export async function makeStreams(
  fleet: NatsFleet,
  replicas: number,
): Promise<{ readonly name: string; readonly made: boolean }[]> {
  const manager = await managerOf(fleet);
  const outcomes: { name: string; made: boolean }[] = [];
  for (const config of streamConfigs(replicas)) {
    try {
      if (await exists(config.name)) {
        await manager.streams.update(config.name, { num_replicas: replicas });
        outcomes.push({ name: config.name, made: false });
      } else {
        await manager.streams.add(config);
        outcomes.push({ name: config.name, made: true });
      }
    } catch (error) {
      throw new Failure(`The stream ${config.name} could not be made: ${reasonOf(error)}${errorCode(error) ?? ''}`);
    }
  }
  return outcomes;

  async function exists(name: string): Promise<boolean> {
    for await (const known of manager.streams.names()) if (known === name) return true;
    return false;
  }
}
