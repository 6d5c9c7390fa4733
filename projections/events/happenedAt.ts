import { parseTimestamp } from '../../host/durations';
import type { BuildEvent, Pruned, Recorded } from '../../journal/events';

/** When an event was written, in ms since the epoch. */
export function writtenAt({ at }: Recorded): number {
  return at;
}

/**
 * When an event happened, in ms since the epoch: when it was written; of an adopted one, the time that its record
 * gives.
 */
export function happenedAt({ at, event }: Recorded): number {
  if (!isAdopted(event)) return at;
  const time = parseTimestamp(event.type === 'BuildStarted' ? event.startedAt : event.finishedAt);
  return Math.min(at, time ?? Number.POSITIVE_INFINITY);
}

/** Whether the event was read from a record that another program wrote. */
export function isAdopted(event: BuildEvent): event is Exclude<BuildEvent, Pruned> {
  return event.type !== 'Pruned' && event.adopted === true;
}
